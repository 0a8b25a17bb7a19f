"""The dictionary of a site: the integers that stand for values, and what the values are called now."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.db import connection

from sojourn.history.models import Field, Project, Site, Value
from sojourn.history.packing import EMPTY
from sojourn.history.record import DECLARED, FIELD_TYPES, FROM_PRESENT, FieldType, Label, ProjectRecord, Ref

_FIELD_TYPES = ("", *FIELD_TYPES)
_NAME_VALUE = "UPDATE history_value SET name = %s, category = %s, name_rank = %s, deleted = %s WHERE id = %s"
_PROJECT = ("key", "name", "category", "lead")


class Dictionary:
    """Finds the integer of every value, field and project of a site, and makes those that are new.

    It remembers what it has seen, so that a long import asks the store once for each value.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.numbers: dict[Ref | None, int] = {None: EMPTY}
        """The integers that stand for values in the arrays."""
        self._values: dict[Ref, Value] = {}
        self._know(Value.objects.filter(site=site))
        self._fields: dict[str, Field] = {field.key: field for field in Field.objects.filter(site=site)}
        self._projects: dict[str, Project] = {p.jira_id: p for p in Project.objects.filter(site=site)}
        self._declared = {kind for (kind, _), value in self._values.items() if value.name_rank == DECLARED}

    def field(self, key: str) -> int:
        """The store's number of a field that `learn_fields` has been told of."""
        return self._fields[key].pk

    def project(self, jira_id: str) -> int:
        """The store's number of a project that `learn_projects` has been told of."""
        return self._projects[jira_id].pk

    def learn_projects(self, ranks: Mapping[ProjectRecord, int]) -> None:
        """Make the projects that are new, and rename them to what the record of the highest rank says."""
        changed: dict[int, Project] = {}
        for record, rank in ranks.items():
            known = self._projects.get(record.jira_id)
            if known is None:
                told = Project(site=self.site, name_rank=rank, **record._asdict())
                told.save()
                self._projects[record.jira_id] = told
            elif (rank, *record[1:]) > (known.name_rank, *(getattr(known, name) for name in _PROJECT)):
                known.name_rank = rank
                for name in _PROJECT:
                    setattr(known, name, getattr(record, name))
                changed[known.pk] = known
        Project.objects.bulk_update(changed.values(), ["name_rank", *_PROJECT])

    def learn_fields(
        self,
        names: Mapping[str, str],
        types: Mapping[str, FieldType] = MappingProxyType({}),
        tracked: Iterable[str] = (),
    ) -> None:
        """Make the fields that are new, by key and name, and note what their values are and which have timelines.

        A field is called by its key until its name is told.
        """
        for key, name in names.items():
            known = self._fields.get(key)
            if known is None:
                known = self._fields[key] = Field(site=self.site, key=key, name=name)
            told = (
                name if known.name == key else known.name,
                max(known.type, types.get(key, ""), key=_FIELD_TYPES.index),
                known.tracked or key in tracked,
            )
            if known.pk is None or told != (known.name, known.type, known.tracked):
                known.name, known.type, known.tracked = told
                known.save()

    def name_fields(self, names: Mapping[str, str]) -> None:
        """Take the names in a list of all fields: they hold whatever the fields were called before."""
        for key, name in names.items():
            known = self._fields.setdefault(key, Field(site=self.site, key=key))
            if known.name != name:
                known.name = name
                known.save()

    def name_projects(self, names: Mapping[str, tuple[str, str]]) -> None:
        """Take the keys and names in a list of all projects: they hold whatever those that are known were called."""
        for jira_id, (key, name) in names.items():
            known = self._projects.get(jira_id)
            if known is not None and (known.key, known.name, known.name_rank) != (key, name, DECLARED):
                known.key, known.name, known.name_rank = key, name, DECLARED
                known.save()

    def learn(self, labels: Mapping[Ref, Label]) -> None:
        """Make the values that are new and rename those for which a better name is told (docs/semantics.md 6)."""
        known = labels.keys() & self._values.keys()
        self._make({ref: label for ref, label in labels.items() if ref not in known})
        self._save([self._values[ref] for ref in known if _rename(self._values[ref], labels[ref])])

    def declare(self, kind: str, labels: Mapping[str, tuple[str, str]], *, is_whole: bool) -> None:
        """Take a list of values of a kind that exist now, names and categories by key.

        It names them whatever they were called before. Where the list is whole, all others are marked deleted, and so
        is what only histories will tell of later.
        """
        told = {(kind, key): Label(name, DECLARED, category) for key, (name, category) in labels.items()}
        self._make({ref: label for ref, label in told.items() if ref not in self._values})
        if is_whole:
            self._declared.add(kind)
        changed = []
        for ref, value in self._values.items():
            if ref[0] == kind:
                before = _state(value)
                value.deleted = ref not in told if is_whole else value.deleted and ref not in told
                if ref in told:
                    value.name, value.category, value.name_rank = told[ref].name, told[ref].category, DECLARED
                changed += [value] if _state(value) != before else []
        self._save(changed)

    def _make(self, labels: Mapping[Ref, Label]) -> None:
        new = [self._made(ref, labels[ref]) for ref in sorted(labels)]
        Value.objects.bulk_create(new, batch_size=500)
        self._know(new)

    def _know(self, values: Iterable[Value]) -> None:
        for value in values:
            self._values[value.kind, value.key] = value
            self.numbers[value.kind, value.key] = value.pk

    @staticmethod
    def _save(values: list[Value]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(_NAME_VALUE, [(*_state(value), value.pk) for value in values])

    def _made(self, ref: Ref, label: Label) -> Value:
        kind, key = ref
        return Value(
            site=self.site,
            kind=kind,
            key=key,
            name=label.name,
            category=label.category,
            name_rank=label.rank,
            deleted=kind in self._declared and label.rank < FROM_PRESENT,
        )


def _state(value: Value) -> tuple[str, str, int, bool]:
    return value.name, value.category, value.name_rank, value.deleted


def _rename(value: Value, label: Label) -> bool:
    """Whether the label is the better one; then the value has it. A value that is in use is not deleted."""
    if not label.beats(Label(value.name, value.name_rank, value.category)):
        return False
    value.name, value.name_rank, value.category = label.name, label.rank, label.category
    value.deleted = value.deleted and label.rank < FROM_PRESENT
    return True

"""The dictionary of a site: the integers that stand for values, and what the values are called now."""

from collections.abc import Mapping

from django.db import connection

from sojourn.history.models import Field, Project, Site, Value
from sojourn.history.packing import EMPTY
from sojourn.history.record import DECLARED, FROM_PRESENT, Label, ProjectRecord, Ref

_NAME_VALUE = "UPDATE history_value SET name = %s, category = %s, name_rank = %s, deleted = %s WHERE id = %s"
_NAME_PROJECT = "UPDATE history_project SET key = %s, name = %s, name_rank = %s WHERE id = %s"


class Dictionary:
    """Finds the integer of every value, field and project of a site, and makes those that are new.

    It remembers what it has seen, so that a long import asks the store once for each value.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._values: dict[Ref, Value] = {Ref(v.kind, v.key): v for v in Value.objects.filter(site=site)}
        self._fields: dict[str, int] = dict(Field.objects.filter(site=site).values_list("key", "id"))
        self._projects: dict[str, Project] = {p.jira_id: p for p in Project.objects.filter(site=site)}
        self._declared = {ref.kind for ref, value in self._values.items() if value.name_rank == DECLARED}

    def number(self, ref: Ref | None) -> int:
        """The integer that stands for a value in the arrays."""
        return EMPTY if ref is None else self._values[ref].pk

    def field(self, key: str) -> int:
        """The store's number of a tracked field that `learn_fields` has been told of."""
        return self._fields[key]

    def project(self, jira_id: str) -> int:
        """The store's number of a project that `learn_projects` has been told of."""
        return self._projects[jira_id].pk

    def learn_projects(self, ranks: Mapping[ProjectRecord, int]) -> None:
        """Make the projects that are new, and rename them to what the record of the highest rank says."""
        changed: dict[int, Project] = {}
        for record, rank in ranks.items():
            known = self._projects.get(record.jira_id)
            if known is None:
                names = {"key": record.key, "name": record.name, "name_rank": rank}
                self._projects[record.jira_id] = Project.objects.create(site=self.site, jira_id=record.jira_id, **names)
            elif (rank, record.key, record.name) > (known.name_rank, known.key, known.name):
                known.key, known.name, known.name_rank = record.key, record.name, rank
                changed[known.pk] = known
        with connection.cursor() as cursor:
            cursor.executemany(_NAME_PROJECT, [(p.key, p.name, p.name_rank, p.pk) for p in changed.values()])

    def learn_fields(self, names: Mapping[str, str]) -> None:
        """Make the tracked fields that are new, by key and name."""
        for key in names.keys() - self._fields.keys():
            self._fields[key] = Field.objects.create(site=self.site, key=key, name=names[key]).pk

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
        told = {Ref(kind, key): Label(name, DECLARED, category) for key, (name, category) in labels.items()}
        self._make({ref: label for ref, label in told.items() if ref not in self._values})
        if is_whole:
            self._declared.add(kind)
        changed = []
        for ref, value in self._values.items():
            if ref.kind == kind:
                before = _state(value)
                value.deleted = ref not in told if is_whole else value.deleted and ref not in told
                if ref in told:
                    value.name, value.category, value.name_rank = told[ref].name, told[ref].category, DECLARED
                changed += [value] if _state(value) != before else []
        self._save(changed)

    def _make(self, labels: Mapping[Ref, Label]) -> None:
        new = [self._made(ref, labels[ref]) for ref in sorted(labels)]
        Value.objects.bulk_create(new, batch_size=500)
        self._values.update((Ref(value.kind, value.key), value) for value in new)

    @staticmethod
    def _save(values: list[Value]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(_NAME_VALUE, [(*_state(value), value.pk) for value in values])

    def _made(self, ref: Ref, label: Label) -> Value:
        return Value(
            site=self.site,
            kind=ref.kind,
            key=ref.key,
            name=label.name,
            category=label.category,
            name_rank=label.rank,
            deleted=ref.kind in self._declared and label.rank < FROM_PRESENT,
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

"""The dictionary of a site: the integers that stand for values, and what the values are called now."""

from collections.abc import Mapping

from sojourn.history.models import Field, Project, Site, Value
from sojourn.history.packing import EMPTY
from sojourn.history.record import Label, ProjectRecord, Ref


class Dictionary:
    """Finds the integer of every value, field and project of a site, and makes those that are new.

    It remembers what it has seen, so that a long import asks the store once for each value.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self._values: dict[Ref, Value] = {Ref(v.kind, v.key): v for v in Value.objects.filter(site=site)}
        self._fields: dict[str, int] = dict(Field.objects.filter(site=site).values_list("key", "id"))
        self._projects: dict[str, Project] = {p.jira_id: p for p in Project.objects.filter(site=site)}

    def number(self, ref: Ref | None) -> int:
        """The integer that stands for a value in the arrays."""
        return EMPTY if ref is None else self._values[ref].pk

    def field(self, key: str) -> int:
        """The store's number of a tracked field that `learn_fields` has been told of."""
        return self._fields[key]

    def project(self, record: ProjectRecord) -> int:
        """The store's number of a project; it is made, or renamed to what the record says."""
        known = self._projects.get(record.jira_id)
        if known is None:
            known = Project.objects.create(site=self.site, jira_id=record.jira_id, key=record.key, name=record.name)
            self._projects[record.jira_id] = known
        elif (known.key, known.name) != (record.key, record.name):
            known.key, known.name = record.key, record.name
            known.save(update_fields=["key", "name"])
        return known.pk

    def learn_fields(self, names: Mapping[str, str]) -> None:
        """Make the tracked fields that are new, by key and name."""
        for key in names.keys() - self._fields.keys():
            self._fields[key] = Field.objects.create(site=self.site, key=key, name=names[key]).pk

    def learn(self, labels: Mapping[Ref, Label]) -> None:
        """Make the values that are new and rename those for which a better name is told (docs/semantics.md 6)."""
        new = [self._made(ref, labels[ref]) for ref in sorted(labels.keys() - self._values.keys())]
        Value.objects.bulk_create(new, batch_size=500)
        self._values.update((Ref(value.kind, value.key), value) for value in new)
        renamed = [value for ref, label in labels.items() if self._rename(value := self._values[ref], label)]
        Value.objects.bulk_update(renamed, ["name", "category", "name_rank"], batch_size=100)

    def declare(self, kind: str, labels: Mapping[str, Label]) -> None:
        """Take a full list of the values of a kind that exist now; all others are marked deleted."""
        self.learn({Ref(kind, key): label for key, label in labels.items()})
        changed = []
        for ref, value in self._values.items():
            if ref.kind == kind and value.deleted != (ref.key not in labels):
                value.deleted = not value.deleted
                changed.append(value)
        Value.objects.bulk_update(changed, ["deleted"], batch_size=100)

    def _made(self, ref: Ref, label: Label) -> Value:
        return Value(
            site=self.site,
            kind=ref.kind,
            key=ref.key,
            name=label.name,
            category=label.category,
            name_rank=label.rank,
        )

    @staticmethod
    def _rename(value: Value, label: Label) -> bool:
        if (label.rank, label.name) <= (value.name_rank, value.name):
            return False
        value.name, value.name_rank = label.name, label.rank
        value.category = label.category or value.category
        return True

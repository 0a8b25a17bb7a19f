"""Stored clocks as they are read by plain SQL: the same rows as by the models."""

import pytest

from sojourn.history.models import Issue
from sojourn.sla import definitions
from sojourn.sla.clocks import write
from sojourn.sla.models import AppliesTo, Clock
from sojourn.sla.stored import stored
from tests.sla.help import ANN, HOUR, MON, draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


def test_the_rows_are_those_of_the_slas_in_force() -> None:
    numbers = [definitions.create(draft(name), ANN).definition_id for name in ("A", "B", "C", "D")]
    for number in numbers:
        definitions.publish(number, 1, AppliesTo.ALL, ANN)
    write(Issue.objects.order_by("pk"), list(definitions.listed()), MON + HOUR)
    definitions.set_enabled(numbers[1], ANN, enabled=False)
    definitions.remove(numbers[2], ANN)
    issues = list(Issue.objects.order_by("pk").values_list("pk", flat=True))
    found = stored(issues)
    expected = Clock.objects.filter(definition__in=[numbers[0], numbers[3]])
    assert {(row.issue_id, row.definition_id) for row in found} == set(expected.values_list("issue", "definition"))
    assert [row.definition_id for row in found] == sorted(row.definition_id for row in found)
    for row in found:
        other = Clock.objects.select_related("version").get(pk=row.pk)
        for field in Clock._meta.concrete_fields:
            assert getattr(row, field.attname) == getattr(other, field.attname), field.name
        assert row.version == other.version
        assert row.version.policy == other.version.policy
    only = stored(issues[:1], numbers[3])
    assert [(row.issue_id, row.definition_id) for row in only] == [(issues[0], numbers[3])]
    assert stored([]) == []

"""A compiled query finds what a slow plain evaluation finds, in its order, on every database."""

from random import Random

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sojourn.history.models import Issue
from sojourn.jql import ast, parse
from sojourn.jql.asking import Asking
from sojourn.jql.compile import selection
from tests.builders import store
from tests.jql.evaluator import World
from tests.jql.worlds import FIELDS, calendar, parts, question, world

pytestmark = pytest.mark.django_db


def _found(asked_of: World, query: ast.Query) -> list[str]:
    asking = Asking(asked_of.as_of_ms, asked_of.tz, asked_of.user, calendars=calendar, is_lenient=True)
    chosen = selection(str(query), asking)
    return list(Issue.objects.filter(chosen.condition).order_by(*chosen.order).values_list("key", flat=True))


@given(seed=st.integers(0, 2**64))
@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_a_query_finds_what_a_slow_evaluation_finds(seed: int) -> None:
    dice = Random(seed)
    asked_of = world(dice)
    with transaction.atomic():
        store(*asked_of.items, *FIELDS, *([list(asked_of.statuses)] if asked_of.statuses else []))
        for query in [question(dice) for _ in range(20)]:
            if _found(asked_of, query) != asked_of.found(parse(str(query))):
                for part in [*parts(query), query]:  # the smallest that is wrong says most
                    assert _found(asked_of, part) == asked_of.found(part), str(part)
        transaction.set_rollback(True)

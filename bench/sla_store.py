"""Measures the SLA clocks of the store in SOJOURN_HOME; prints rows of a table as JSON (see `bench_sla_store`)."""

import json
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from sojourn.history.models import Issue, Value  # noqa: E402
from sojourn.history.write import tell_planner  # noqa: E402
from sojourn.sla.clocks import count, show, write  # noqa: E402
from sojourn.sla.explain import explain  # noqa: E402
from sojourn.sla.models import Clock, Definition, Version  # noqa: E402
from sojourn.sla.preview import preview  # noqa: E402
from sojourn.sla.watch import due, watch  # noqa: E402

AS_OF = 1_735_689_600_000  # 2025-01-01T00:00Z
IDS = {value.name: value.key for value in Value.objects.filter(kind="status")}
OFFICE = "Mon–Fri 09–18"
TIMES = 200


def entered(*names: str) -> dict[str, Any]:
    return {"field": "status", "entered": [IDS[name] for name in names]}


def within(*names: str) -> dict[str, Any]:
    return {"field": "status", "is": [IDS[name] for name in names]}


def goal(calendar: str = OFFICE, **target: Any) -> dict[str, Any]:
    return {"calendar": calendar, **target}


DONE, WAITING = entered("Resolved", "Closed"), within("Waiting", "Blocked")
POLICIES: dict[str, dict[str, Any]] = {
    "response": {"start": {"created": True}, "stop": {"field": "status", "left": [IDS["Open"]]}, "cycles": "first"}
    | {"goals": [goal("7x24", duration="4h")]},
    "resolution": {"start": {"created": True}, "stop": DONE, "pause": WAITING, "goals": [goal(duration="10d")]},
    "review": {"start": entered("In review"), "stop": {"field": "status", "left": [IDS["In review"]]}, "cycles": "last"}
    | {"goals": [goal(duration="2d")]},
    "next day": {"start": entered("Open", "In progress"), "stop": DONE, "pause": WAITING, "cycles": "last"}
    | {"goals": [goal(next_business_day=1)]},
    "stopwatch": {"start": entered("In progress"), "stop": DONE, "pause": WAITING, "cycles": "span"}
    | {"goals": [goal(no_target=True)]},
}


def seconds(work: Callable[[], Any], times: int = 1) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def median_ms(work: Callable[[], Any], times: int) -> str:
    spent = sorted(seconds(work) for _ in range(times))
    return f"{spent[times // 2] * 1000:.2f} ms"


def define(name: str, policy: dict[str, Any]) -> Definition:
    definition = Definition.objects.create(name=name)
    given = {"number": 1, "name": name, "policy": policy, "saved_ms": 0, "saved_by": "bench", "published_ms": 0}
    definition.published = Version.objects.create(definition=definition, applies_to="all", **given)
    definition.save()
    return definition


def main() -> None:
    definitions = [define(name, policy) for name, policy in POLICIES.items()]
    everything = Issue.objects.order_by("pk")
    rows = []

    def counted() -> None:
        for _ in count(everything, definitions, AS_OF, threads=2):
            pass

    rows.append(["read and count, all five", f"{seconds(counted):.1f} s", ""])
    stored = seconds(lambda: write(everything, definitions, AS_OF, threads=2))
    rows.append(["read, count and store, all five", f"{stored:.1f} s", f"{Clock.objects.count():,} rows"])
    again = seconds(lambda: write(everything, definitions, AS_OF, threads=2))
    rows.append(["the same over what is stored", f"{again:.1f} s", ""])
    make_live()
    live = f"{Clock.objects.exclude(due_ms=None).count():,} live clocks"
    rows.append(["poll, nothing due", median_ms(lambda: due(AS_OF, 1), TIMES), live])
    first = due(AS_OF + 10**15, 100)[-1][0]
    at_ms = Clock.objects.get(pk=first).due_ms or AS_OF
    rows.append(["poll, 100 due", median_ms(lambda: due(at_ms, 1_000), TIMES), live])
    rows.append(["watch, 100 due: count and store", f"{seconds(lambda: watch(at_ms)) * 1000:.0f} ms", ""])
    draft = {**POLICIES["resolution"], "scope": "status != Blocked", "goals": [goal(duration="5d")]}
    tried = seconds(lambda: preview(draft, AS_OF, definition=definitions[1]), 3)
    rows.append(["preview with its difference", f"{tried:.2f} s", "the last 10,000 work items"])
    one = Issue.objects.order_by("-pk").select_related("site")[0]
    rows.append(["show one clock", median_ms(lambda: show(one, definitions[1], AS_OF + 1), TIMES), ""])
    rows.append(["explain one clock", median_ms(lambda: explain(one, definitions[1], AS_OF + 1), 20), ""])
    print(json.dumps(rows))


def make_live() -> None:
    """Most made-up work items were done years ago: let a million clocks, or all, be due some time from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sla_clock SET due_ms = %s + 1000 * (id %% 100000007) "
            "WHERE id IN (SELECT id FROM sla_clock ORDER BY id LIMIT 1000000)",
            [AS_OF + 1],
        )
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE sla_clock")
    tell_planner()


if __name__ == "__main__":
    main()

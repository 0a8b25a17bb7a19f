"""Five SLAs, published for all cycles, and their clocks over the work items of a store.

SOJOURN_HOME=FOLDER DJANGO_SETTINGS_MODULE=sojourn.settings python bench/make_slas.py
"""

import time
from typing import Any

import django

django.setup()

from sojourn.history.models import Issue, Value  # noqa: E402
from sojourn.sla import definitions  # noqa: E402
from sojourn.sla.clocks import write  # noqa: E402
from sojourn.sla.definitions import By, Draft  # noqa: E402
from sojourn.sla.models import AppliesTo  # noqa: E402

NOW_MS = round(time.time() * 1000)


def policies() -> dict[str, dict[str, Any]]:
    """One of each kind: by name, the JSON of docs/sla.md."""
    ids = dict(Value.objects.filter(kind="status").values_list("name", "key"))

    def status(form: str, *names: str) -> dict[str, Any]:
        return {"field": "status", form: [ids[name] for name in names]}

    done, waiting = status("entered", "Resolved", "Closed"), status("is", "Waiting", "Blocked")
    office = {"calendar": "Berlin"}
    urgent = {"name": "Mine", "jql": "assignee IS NOT EMPTY", **office, "duration": "2d"}
    return {
        "First response": {"start": {"created": True}, "stop": status("left", "Open"), "cycles": "first"}
        | {"goals": [{"calendar": "7x24", "duration": "4h"}]},
        "Resolution": {"start": {"created": True}, "pause": waiting, "stop": done}
        | {"goals": [urgent, {**office, "duration": "5d"}]},
        "Review": {"start": status("entered", "In review"), "stop": status("left", "In review")}
        | {"goals": [{**office, "duration": "4h"}]},
        "Next business day": {"start": status("entered", "Triage"), "stop": done, "cycles": "last"}
        | {"goals": [{**office, "next_business_day": 1}]},
        "Stopwatch": {"start": {"created": True}, "stop": done, "cycles": "span"}
        | {"goals": [{"calendar": "7x24", "no_target": True}]},
    }


by = By("bench", NOW_MS)
for name, policy in policies().items():
    made = definitions.create(Draft(name, policy), by)
    definitions.publish(made.definition_id, made.number, AppliesTo.ALL, by)
print(write(Issue.objects.order_by("pk"), list(definitions.listed()), NOW_MS, threads=2))

"""SLA clocks of a whole store: counted, stored, polled, tried as a draft, shown; DATABASE_URL names the store.

Five definitions over the made-up work items of `make_store`, each in a process of its own, as a worker has it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from measuring import store_of, table

_HERE = Path(__file__).resolve().parent


def report(items: int) -> None:
    """Print what storing, polling, previewing and showing take."""
    with store_of(items) as home:
        environment = {**os.environ, "SOJOURN_HOME": str(home), "DJANGO_SETTINGS_MODULE": "sojourn.settings"}
        asked = [sys.executable, str(_HERE / "sla_store.py")]
        done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        rows = json.loads(done.stdout)
    table(f"SLA clocks of a store of {items:,} work items × 12 status changes, five definitions", ("", "", ""), rows)

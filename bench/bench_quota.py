"""How long a first sync takes under Cloud's published limits: simulated, with waits that only move a clock.

    python bench/bench_quota.py [items]

The simulated Jira has the hourly quota of an OAuth app and a limit of calls a second. All ids are read, all work items
with their histories, and all ids once more, as the comparison after a first sync does. Only waiting counts: calls
themselves take no time here, and they take little of an hour's 65,000 points anywhere.
"""

import sys
import time

from sojourn.jira.manners import Manners
from sojourn.jira.simulator import Clock, CloudLimits, Simulator, serving
from sojourn.jira.simulator.made_up import made_up
from sojourn.jira.source import Jira, JiraSource
from sojourn.jira.window import Window
from sojourn.net import Openings, Route

POINTS, BURST = 65_000, 100
_BEGIN_MS = 1_770_001_200_000  # at a full hour, when a quota begins anew
_HOUR_MS = 3_600_000


def main(items: int) -> None:
    site = made_up(Clock(_BEGIN_MS), items)
    simulator = Simulator(site)
    simulator.limits = quota = CloudLimits(burst=BURST, points=POINTS)
    manners = Manners("quota", clock=lambda: site.clock.now_ms / 1000, sleep=site.clock.advance, chance=lambda: 0.5)
    began = time.perf_counter()
    with serving(simulator) as url:
        route = Route(Openings.of([("127.0.0.1", int(url.rpartition(":")[2]))]))
        jira = Jira("cloud", url, site.accounts[0].credentials("cloud"))
        with JiraSource.open(jira, route, manners) as source:
            window = Window(newest_first=True)
            found = sum(len(batch.told) for page in source.ids(window) for batch in source.batches(page.ids))
            compared = sum(len(page.ids) for page in source.ids(window))
    if not found == compared == items:
        raise SystemExit(f"{items} work items are there; {found} were read and {compared} compared")
    hours = (site.clock.now_ms - _BEGIN_MS) / _HOUR_MS
    print(
        f"{items:,} work items: {hours:.1f} hours simulated, {4 * items / POINTS:.1f} computed at 4 points each; "
        f"{len(quota.refused)} calls refused; {time.perf_counter() - began:.0f} s to simulate"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

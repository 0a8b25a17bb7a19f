"""A small Jira for tests and for trying things out: Cloud and Data Center, over real HTTP, with made-up or given data.

    site = Site(Clock(now_ms))
    for payload in demo_issues(now_ms, count=500):
        site.add(payload)
    simulator = Simulator(site, "cloud")
    with serving(simulator) as url:
        ...                                          # a client reads, as site.accounts[0].credentials("cloud")
        site.clock.advance(60)
        changes.transition(site, "10001", "10002")   # what a team does: changes.py
        simulator.limits = CloudLimits(burst=5)      # limits.py
        simulator.faults.add(Fault("html", "search/jql", times=2))  # faults.py
        simulator.post.send()                    # what webhooks are told, webhooks.py

It knows the requests of `jira/cloud.py` and `jira/datacenter.py` and the few forms of JQL that they send, and refuses
the rest as Jira would. From another process the same is done with `POST /control` (control.py). Nothing in it is
secret and nothing in it checks who may control it: it is for made-up data on one machine.
"""

from sojourn.jira.simulator.app import Exchange, Simulator
from sojourn.jira.simulator.faults import Fault
from sojourn.jira.simulator.limits import BucketLimits, CloudLimits
from sojourn.jira.simulator.serving import serving
from sojourn.jira.simulator.site import Account, Clock, Site
from sojourn.jira.simulator.webhooks import Mess, Webhook

__all__ = [
    "Account",
    "BucketLimits",
    "Clock",
    "CloudLimits",
    "Exchange",
    "Fault",
    "Mess",
    "Simulator",
    "Site",
    "Webhook",
    "serving",
]

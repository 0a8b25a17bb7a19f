"""The made-up company of the demo: its statuses, workflows, teams and calendars.

Three projects: SUP, a service desk; APP, a software team; OPS, a team in another zone.
"""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import NAMESPACE_DNS, uuid5
from zoneinfo import ZoneInfo

DAY_MS: Final = 86_400_000


@dataclass(frozen=True)
class Ref:
    """Something Jira knows by an id and shows by a name."""

    id: str
    name: str

    def json(self) -> dict[str, Any]:
        """Return the `{"id", "name"}` of the payload."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True)
class Status(Ref):
    """A status; `former` is the name it bore until `RENAMED_DAYS_AGO`."""

    category: str
    former: str = ""


@dataclass(frozen=True)
class Step:
    """How long an item stays in a status (log-normal, in hours) and where it goes; to None is for good."""

    median: float
    sigma: float
    next: dict[str | None, float]
    clock: str = "work"  # or "customer": any hour but the night


@dataclass(frozen=True)
class Project(Ref):
    """A project: its workflow, its people, and the hours in which they work."""

    key: str
    zone: ZoneInfo
    opens: int
    closes: int
    holidays: frozenset[tuple[int, int]]
    share: float
    service_desk: bool
    start: str
    types: dict[Ref, float]
    priorities: tuple[float, ...]
    team: tuple[str, ...]
    requesters: tuple[str, ...]
    components: tuple[Ref, ...]
    labels: tuple[str, ...]
    statuses: dict[str, Status]
    steps: dict[str, Step] = field(repr=False)

    def __hash__(self) -> int:
        return hash(self.id)


CATEGORIES: Final = {"new": (2, "To Do"), "indeterminate": (4, "In Progress"), "done": (3, "Done")}
RENAMED_DAYS_AGO: Final = 200
DELETED_DAYS_AGO: Final = 260
AUTOMATION: Final = "Automation for Jira"
SITE_ZONE: Final = ZoneInfo("Europe/Berlin")  # that of the account that reads; Jira prints every instant in it

PRIORITIES: Final = tuple(
    Ref(str(number), name) for number, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), 1)
)
DONE: Final = Ref("10000", "Done")
RESOLUTIONS: Final = {DONE: 0.86, Ref("10001", "Won't Do"): 0.08, Ref("10002", "Duplicate"): 0.06}

BUG, STORY, TASK = Ref("10004", "Bug"), Ref("10001", "Story"), Ref("10002", "Task")
INCIDENT, REQUEST, QUESTION = (
    Ref("10010", "Incident"),
    Ref("10011", "Service request"),
    Ref("10012", "Question"),
)
CHANGE: Final = Ref("10013", "Change")


def _by_name(*statuses: Status) -> dict[str, Status]:
    return {one.name: one for one in statuses}


DELETED_STATUS: Final = Status("10099", "Awaiting change board", "indeterminate")

SUP: Final = Project(
    id="10000",
    name="Customer Support",
    key="SUP",
    zone=ZoneInfo("Europe/Berlin"),
    opens=8,
    closes=18,
    holidays=frozenset({(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26), (12, 31)}),
    share=0.52,
    service_desk=True,
    start="Waiting for support",
    types={INCIDENT: 0.4, REQUEST: 0.42, QUESTION: 0.18},
    priorities=(0.04, 0.16, 0.55, 0.2, 0.05),
    team=("Anna Lindqvist", "Jonas Weber", "Miriam Okafor", "Tomasz Nowak", "Leyla Demir", "Paul Brandt"),
    requesters=(
        "Carla Mendes",
        "Henrik Solberg",
        "Yuki Tanaka",
        "Oliver Grant",
        "Sofia Rossi",
        "Nadia Haddad",
        "Peter Novak",
        "Emma Dubois",
        "Luca Ferrari",
        "Ingrid Maas",
        "David Cohen",
        "Priya Raman",
    ),
    components=(
        Ref("10100", "Billing"),
        Ref("10101", "Sign-in"),
        Ref("10102", "Reports"),
        Ref("10103", "Mobile app"),
    ),
    labels=("vip", "outage", "how-to", "refund", "onboarding"),
    statuses=_by_name(
        Status("10001", "Waiting for support", "new"),
        Status("10002", "In progress", "indeterminate"),
        Status("10003", "Waiting for customer", "indeterminate"),
        Status("10004", "Escalated", "indeterminate"),
        Status("10005", "Resolved", "done"),
        Status("10006", "Closed", "done"),
    ),
    steps={
        "Waiting for support": Step(1.6, 1.1, {"In progress": 0.93, "Waiting for customer": 0.05, "Closed": 0.02}),
        "In progress": Step(
            2.6,
            1.0,
            {"Waiting for customer": 0.36, "Resolved": 0.5, "Escalated": 0.1, "Waiting for support": 0.04},
        ),
        "Waiting for customer": Step(
            19, 1.1, {"In progress": 0.62, "Waiting for support": 0.2, "Resolved": 0.18}, "customer"
        ),
        "Escalated": Step(7, 0.9, {"In progress": 0.55, "Resolved": 0.35, "Waiting for customer": 0.1}),
        "Resolved": Step(26, 0.6, {"Closed": 0.9, "Waiting for support": 0.06, "In progress": 0.04}, "customer"),
        "Closed": Step(60, 0.8, {None: 0.985, "Waiting for support": 0.015}, "customer"),
    },
)

APP: Final = Project(
    id="10001",
    name="App Development",
    key="APP",
    zone=ZoneInfo("Europe/Berlin"),
    opens=9,
    closes=17,
    holidays=SUP.holidays,
    share=0.3,
    service_desk=False,
    start="Backlog",
    types={STORY: 0.48, BUG: 0.34, TASK: 0.18},
    priorities=(0.03, 0.17, 0.6, 0.16, 0.04),
    team=(
        "Grace Adeyemi",
        "Mateusz Zielinski",
        "Hanna Vogel",
        "Ravi Iyer",
        "Clara Jensen",
        "Felix Hartmann",
        "Zoe Papadakis",
    ),
    requesters=("Martina Keller", "Samuel Osei", "Grace Adeyemi", "Hanna Vogel"),
    components=(
        Ref("10110", "API"),
        Ref("10111", "Web client"),
        Ref("10112", "Payments"),
        Ref("10113", "Search"),
    ),
    labels=("tech-debt", "customer-request", "security", "performance", "regression"),
    statuses=_by_name(
        Status("10020", "Backlog", "new"),
        Status("10021", "Selected for development", "new"),
        Status("10022", "In progress", "indeterminate"),
        Status("10023", "In review", "indeterminate", former="Code review"),
        Status("10024", "Testing", "indeterminate"),
        Status("10025", "Done", "done"),
    ),
    steps={
        "Backlog": Step(55, 1.2, {"Selected for development": 0.93, "Done": 0.07}),
        "Selected for development": Step(14, 0.8, {"In progress": 0.95, "Backlog": 0.05}),
        "In progress": Step(11, 0.8, {"In review": 0.93, "Selected for development": 0.07}),
        "In review": Step(5, 1.0, {"Testing": 0.8, "In progress": 0.2}),
        "Testing": Step(5, 0.9, {"Done": 0.85, "In progress": 0.15}),
        "Done": Step(40, 0.9, {None: 0.955, "In progress": 0.045}),
    },
)

OPS: Final = Project(
    id="10002",
    name="Platform Operations",
    key="OPS",
    zone=ZoneInfo("America/New_York"),
    opens=9,
    closes=17,
    holidays=frozenset({(1, 1), (6, 19), (7, 4), (11, 11), (12, 24), (12, 25)}),
    share=0.18,
    service_desk=False,
    start="To do",
    types={TASK: 0.5, CHANGE: 0.3, INCIDENT: 0.2},
    priorities=(0.05, 0.2, 0.5, 0.2, 0.05),
    team=("Maya Torres", "Ethan Brooks", "Bishal Gurung", "Naomi Clarke", "Victor Reyes"),
    requesters=("Maya Torres", "Samuel Osei", "Ravi Iyer", "Naomi Clarke"),
    components=(
        Ref("10120", "Network"),
        Ref("10121", "Databases"),
        Ref("10122", "Deploys"),
        Ref("10123", "Access"),
    ),
    labels=("on-call", "patching", "capacity", "audit"),
    statuses=_by_name(
        Status("10040", "To do", "new"),
        Status("10041", "Doing", "indeterminate"),
        Status("10042", "Blocked", "indeterminate"),
        Status("10043", "Done", "done"),
        DELETED_STATUS,
    ),
    steps={
        "To do": Step(13, 1.2, {"Doing": 0.72, "Awaiting change board": 0.25, "Done": 0.03}),
        "Awaiting change board": Step(20, 0.7, {"Doing": 0.85, "To do": 0.15}),
        "Doing": Step(6, 1.0, {"Done": 0.72, "Blocked": 0.22, "To do": 0.06}),
        "Blocked": Step(15, 1.1, {"Doing": 0.88, "To do": 0.12}),
        "Done": Step(40, 0.9, {None: 0.96, "Doing": 0.04}),
    },
)

PROJECTS: Final = (SUP, APP, OPS)


def status_json(status: Status) -> dict[str, Any]:
    """Return a status as in the payload, with its category."""
    number, name = CATEGORIES[status.category]
    return status.json() | {"statusCategory": {"id": number, "key": status.category, "name": name}}


# What `GET /rest/api/3/status` would list: the deleted status is missing, the renamed has its new name.
DEMO_STATUSES: Final[list[dict[str, Any]]] = [
    status_json(status) for project in PROJECTS for status in project.statuses.values() if status is not DELETED_STATUS
]


def account(name: str) -> dict[str, Any]:
    """Return a person as in the payload; the account id is always the same for the same name."""
    return {"accountId": f"712020:{uuid5(NAMESPACE_DNS, name)}", "displayName": name}

"""Which recipes there are: of which tool, what its files are called, and what to do with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one tool reads a feed: `files` are the texts by the names they have at the reader's, `steps` what to do."""

    name: str
    title: str
    steps: tuple[str, ...]
    files: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)


_ENVIRONMENT = "Put the feed’s secret into the environment: export SOJOURN_SECRET=sjf_…"
_FRAME = "Run it, or import rows from it. Parquet keeps the types."
_BASIC = "When credentials are asked for, choose Basic: the feed’s id is the user name, its secret the password."
_TOMBSTONES = (
    "With a feed of the data set tombstones on the same preset, what is deleted in Jira is deleted there, too; its "
    "secret is SOJOURN_TOMBSTONES_SECRET."
)
_ODATA = (
    "Excel: Data, Get Data, From Other Sources, From OData Feed. Power BI: Get Data, OData feed. Tableau: Connect, To "
    "a Server, OData. Enter this address."
)
_RANGE = (
    "Switch on incremental refresh for the table. The range is of when work items were created, which never changes; "
    "refresh as many months as work items stay open for."
)
_FRAMES = {
    "pandas": {"library": "pandas", "short": "pd", "takes": "pandas, pyarrow and httpx"},
    "polars": {"library": "polars", "short": "pl", "takes": "Polars and httpx"},
}

RECIPES = (
    Recipe("curl", "curl", (_ENVIRONMENT, "Run the script: it writes feed.csv."), {"feed.sh": "curl.sh"}),
    Recipe(
        "python",
        "Python",
        (_ENVIRONMENT, "Run it to print the rows as NDJSON, or import pages from it."),
        {"read_feed.py": "read_feed.py"},
    ),
    Recipe("pandas", "pandas", (_ENVIRONMENT, _FRAME), {"feed_pandas.py": "frame.py"}, _FRAMES["pandas"]),
    Recipe("polars", "Polars", (_ENVIRONMENT, _FRAME), {"feed_polars.py": "frame.py"}, _FRAMES["polars"]),
    Recipe(
        "dlt",
        "dlt",
        (
            _ENVIRONMENT,
            "Run it as often as you like. It loads into DuckDB; for another warehouse change the destination.",
            _TOMBSTONES,
        ),
        {"load_feed.py": "load_feed.py"},
    ),
    Recipe(
        "dbt",
        "dbt",
        ("Load the feed by dlt first.", "Put these files into one folder beside sojourn.duckdb, and run dbt build."),
        {
            "dbt_project.yml": "dbt/dbt_project.yml",
            "profiles.yml": "dbt/profiles.yml",
            "models/sources.yml": "dbt/models/sources.yml",
            "models/stg_sojourn__{table}.sql": "dbt/models/staging.sql",
            "models/time_by_status.sql": "dbt/models/time_by_status.sql",
        },
    ),
    Recipe(
        "airbyte",
        "Airbyte",
        (
            "In the Connector Builder choose to import YAML, and give it this file.",
            "Enter the feed’s secret where the builder asks for test values, and again where the source is set up.",
        ),
        {"manifest.yaml": "manifest.yaml"},
    ),
    Recipe(
        "power-bi",
        "Power BI",
        (
            "Make two parameters of the type Date/Time, RangeStart and RangeEnd.",
            "Add a blank query, and paste this into its Advanced Editor.",
            _BASIC,
            _RANGE,
        ),
        {"feed.pq": "feed.pq"},
        {"ranges": "yes"},
    ),
    Recipe(
        "power-bi-file",
        "Power BI file",
        ("Download the file and open it: Power BI Desktop begins with the feed as CSV.", _BASIC),
        {"feed.pbids": "feed.pbids"},
    ),
    Recipe(
        "excel",
        "Excel",
        ("Data, Get Data, From Other Sources, Blank Query; paste this into the Advanced Editor.", _BASIC),
        {"feed.pq": "feed.pq"},
    ),
    Recipe(
        "odata",
        "OData",
        (
            _ODATA,
            _BASIC,
        ),
        {"address.txt": "odata.txt"},
    ),
    Recipe(
        "sheets",
        "Google Sheets",
        (
            "Extensions, Apps Script; paste this into Code.gs.",
            "Under Project Settings, Script Properties, add SOJOURN_SECRET with the feed’s secret.",
            "Run refresh once, then add a time-driven trigger for it.",
        ),
        {"Code.gs": "Code.gs"},
    ),
)

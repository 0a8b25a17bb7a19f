"""Load a data feed of Sojourn by dlt. It takes `pip install "dlt[duckdb]"`, and the feed's secret in the environment:

    export SOJOURN_SECRET=sjf_…{% if tombstones %}
    export SOJOURN_TOMBSTONES_SECRET=sjf_…   # that of the feed of tombstones{% endif %}
{% if key %}
The first run loads everything, later ones what changed since and stays that go on; rows are merged by their key.
To load everything anew, run it with `--anew`.
{% else %}
Each run loads everything, and replaces what was there: the rows of this feed have no key to be merged by.
{% endif %}"""

import sys

import dlt
from dlt.sources.rest_api import rest_api_source

HOST = "{{ host }}"
PATH = "{{ path }}"
FEED = "{{ feed }}"
TABLE = "{{ table }}"{% if key %}
KEY = {{ key_json }}
# A feed of the data set tombstones on the same preset: with it, what is deleted in Jira is deleted here.
TOMBSTONES = "{{ tombstones }}"{% endif %}


def resource(name, feed, secret, **params):
    """A feed, read page by page."""
    return {
        "name": name,
        "write_disposition": "replace",
        "endpoint": {
            "path": PATH,
            "params": {"datafeedID": feed, "limit": 5000, **params},
            "auth": {"type": "http_basic", "username": feed, "password": dlt.secrets[secret]},
            "paginator": {"type": "cursor", "cursor_path": "nextCursor", "cursor_param": "cursor"},
            "data_selector": "rows",
        },
    }


{% if key %}def with_version(response, *_, **__):
    """Give each row the version of the answer, which is what to ask for the next time."""
    page = response.json()
    page["rows"] = [{**row, "feedVersion": page["rowVersion"]} for row in page["rows"]]
    response._content = dlt.common.json.dumpb(page)
    return response


rows = resource(TABLE, FEED, "sojourn_secret")
rows["primary_key"] = KEY
rows["write_disposition"] = "merge"
rows["endpoint"]["response_actions"] = [with_version]
# No primary key here: stays that go on come again under the same version, and have to be merged again.
rows["endpoint"]["incremental"] = {
    "cursor_path": "feedVersion",
    "start_param": "updated_since",
    "initial_value": 0,
    "primary_key": [],
}
resources = [rows]
if TOMBSTONES:
    resources.append(resource("tombstones", TOMBSTONES, "sojourn_tombstones_secret"))
{% else %}resources = [resource(TABLE, FEED, "sojourn_secret")]
{% endif %}
pipeline = dlt.pipeline("sojourn", destination="duckdb", dataset_name="jira")
source = rest_api_source({"client": {"base_url": HOST}, "resources": resources})
print(pipeline.run(source, refresh="drop_resources" if "--anew" in sys.argv else None))
{% if key %}
if "tombstones" in pipeline.default_schema.data_table_names():
    with pipeline.sql_client() as client:
        client.execute_sql(f"DELETE FROM {TABLE} WHERE issue_id IN (SELECT issue_id FROM tombstones)")
{% endif %}

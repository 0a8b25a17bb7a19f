"""Read a data feed of Sojourn page by page. It takes httpx, and the feed's secret in the environment:

export SOJOURN_SECRET=sjf_…
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import httpx

LINK = "{{ link }}"
FEED = "{{ feed }}"


def pages(**asked: str) -> Iterator[dict[str, Any]]:
    """The pages, each with the rows of up to 1,000 work items; `asked` as the parameters of feeds."""
    address: str | httpx.URL | None = httpx.URL(LINK).copy_merge_params({"limit": "1000", **asked})
    with httpx.Client(auth=(FEED, os.environ["SOJOURN_SECRET"]), timeout=120) as client:
        while address:
            answer = client.get(address)
            if answer.is_error:
                raise SystemExit(f"{answer.status_code}: {answer.json()['detail']}")
            page = answer.json()
            yield page
            address = page["next"]


if __name__ == "__main__":
    for page in pages():
        for row in page["rows"]:
            print(json.dumps(row))

"""A data feed of Sojourn as a data frame. It takes {{ takes }}, and the feed's secret in the environment:

export SOJOURN_SECRET=sjf_…
"""

import io
import os

import httpx
import {{ library }} as {{ short }}

LINK = "{{ link }}"
FEED = "{{ feed }}"

# Parquet has the types with it: instants are instants, whole numbers are whole, and what is not there is null.
answer = httpx.get(f"{LINK}&format=parquet", auth=(FEED, os.environ["SOJOURN_SECRET"]), timeout=600)
if answer.is_error:
    raise SystemExit(f"{answer.status_code}: {answer.json()['detail']}")
rows = {{ short }}.read_parquet(io.BytesIO(answer.content))

if __name__ == "__main__":
    print(rows)

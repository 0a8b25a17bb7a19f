#!/bin/sh
# The secret of the feed goes into the environment, not into this file:  export SOJOURN_SECRET=sjf_…
set -eu

# All rows, as CSV for programs; for a spreadsheet leave out raw=1. The file is replaced when all of it has come.
printf 'user = "%s:%s"\n' '{{ feed }}' "$SOJOURN_SECRET" |
  curl --config - --fail --silent --show-error --compressed --output feed.csv.part \
    '{{ link }}&format=csv&raw=1'
mv feed.csv.part feed.csv

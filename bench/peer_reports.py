"""Time in status as DuckDB, Polars and pandas do it well: from a flat table of changes and the spans of a calendar.

Each is given the calendar as spans with the working time before them, which is more than it has by itself.
"""

import sys

import numpy as np

AS_OF_MS = 1_767_225_600_000


def with_duckdb(changes: str, spans: str, output: str) -> None:
    import duckdb

    statuses = [row[0] for row in duckdb.sql(f"SELECT DISTINCT status FROM '{changes}' ORDER BY 1").fetchall()]
    names = ", ".join(f"'{status}'" for status in statuses)
    duckdb.sql(f"""
        COPY (
          WITH looked_up AS (
            SELECT c.issue_key, c.issue, c.status, c.at_ms,
                   s.before + greatest(0, least(c.at_ms, s.closes) - s.opens) AS worked
            FROM '{changes}' c ASOF LEFT JOIN '{spans}' s ON c.at_ms >= s.opens
          ), ending AS (
            SELECT before + greatest(0, least({AS_OF_MS}, closes) - opens) AS worked
            FROM '{spans}' WHERE opens <= {AS_OF_MS} ORDER BY opens DESC LIMIT 1
          ), stays AS (
            SELECT issue_key, status,
                   coalesce(lead(worked) OVER (PARTITION BY issue ORDER BY at_ms),
                            (SELECT worked FROM ending)) - worked AS ms
            FROM looked_up WHERE at_ms <= {AS_OF_MS}
          )
          PIVOT stays ON status IN ({names}) USING sum(ms) GROUP BY issue_key
        ) TO '{output}' (FORMAT parquet)
    """)


def with_polars(changes: str, spans: str, output: str) -> None:
    import polars as pl

    curve = pl.read_parquet(spans)
    opens, closes, before = (curve[name].to_numpy() for name in ("opens", "closes", "before"))

    def worked(at: np.ndarray) -> np.ndarray:
        place = np.maximum(np.searchsorted(opens, at, "right") - 1, 0)
        return before[place] + np.maximum(np.minimum(at, closes[place]) - opens[place], 0)

    frame = pl.read_parquet(changes).filter(pl.col("at_ms") <= AS_OF_MS)
    frame = frame.with_columns(pl.Series("worked", worked(frame["at_ms"].to_numpy())))
    end = int(worked(np.array([AS_OF_MS]))[0])
    stays = frame.with_columns((pl.col("worked").shift(-1).over("issue").fill_null(end) - pl.col("worked")).alias("ms"))
    sums = stays.group_by("issue_key", "status").agg(pl.col("ms").sum())
    sums.pivot(on="status", index="issue_key", values="ms").write_parquet(output)


def with_pandas(changes: str, spans: str, output: str) -> None:
    import pandas as pd

    curve = pd.read_parquet(spans)
    edges = np.ravel(np.column_stack([curve["opens"], curve["closes"]]))
    levels = np.ravel(np.column_stack([curve["before"], curve["before"] + curve["closes"] - curve["opens"]]))
    frame = pd.read_parquet(changes)
    frame = frame[frame["at_ms"] <= AS_OF_MS]
    frame["worked"] = np.rint(np.interp(frame["at_ms"], edges, levels)).astype(np.int64)
    end = round(float(np.interp(AS_OF_MS, edges, levels)))
    following = frame.groupby("issue", sort=False)["worked"].shift(-1).fillna(end).astype(np.int64)
    frame["ms"] = following - frame["worked"]
    sums = frame.groupby(["issue_key", "status"], sort=False, observed=True)["ms"].sum()
    table = sums.unstack("status").astype("Int64").reset_index()
    table.columns.name = None
    table.to_parquet(output, index=False)


if __name__ == "__main__":
    {"duckdb": with_duckdb, "polars": with_polars, "pandas": with_pandas}[sys.argv[1]](*sys.argv[2:])

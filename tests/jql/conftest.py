"""The archive is asked on SQLite only: PostgreSQL's planner does not know the tables of a transaction that is not over."""

import os

collect_ignore = ["test_archive.py"] if os.environ.get("TEST_DATABASE_URL") else []

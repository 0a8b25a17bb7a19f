"""The archive is asked on SQLite only: the planner of PostgreSQL does not know the tables of an open transaction."""

import os

collect_ignore = ["test_archive.py"] if os.environ.get("TEST_DATABASE_URL") else []

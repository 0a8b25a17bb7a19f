"""Stores for processes."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import made_store
from tests.jobs.stores import Store, environment


@contextmanager
def running(store: Store) -> Iterator[Store]:
    try:
        yield store
    finally:
        store.end()


@pytest.fixture
def shared_store(tmp_path: Path) -> Iterator[Store]:
    """On SQLite a file, on PostgreSQL a database that is dropped afterwards."""
    url = os.environ["DATABASE_URL"]
    if not url:
        made_store.put_into(tmp_path / "home")
        with running(Store(environment(tmp_path / "home", ""))) as store:
            yield store
        return
    name = f"processes_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        address = urlsplit(url)._replace(path=f"/{name}").geturl()
        with running(Store(environment(tmp_path / "home", address))) as store:
            yield store
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def is_postgres() -> bool:
    return bool(os.environ["DATABASE_URL"])

"""Whose turn it is to write, on a file of SQLite that something else writes to."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from sojourn.history.turns import is_taken, next_in_turn, waiting_for_nobody

pytestmark = pytest.mark.django_db  # what waits is the file, not the store of the test


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A connection as Django's to a file of its own, which waits half a second for its turn."""
    path = tmp_path / "store.sqlite3"
    with closing(sqlite3.connect(path)) as store:
        store.execute("CREATE TABLE told (what TEXT)")
    options = {"timeout": 0.5, "check_same_thread": False}
    made = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}})
    monkeypatch.setattr("sojourn.history.turns.connection", made["default"])
    yield made["default"]
    made["default"].close()


@pytest.fixture
def other(file: Any) -> Iterator[sqlite3.Connection]:
    """Something else, which has its turn."""
    with closing(sqlite3.connect(file.settings_dict["NAME"], isolation_level=None, check_same_thread=False)) as store:
        store.execute("BEGIN IMMEDIATE")
        yield store


def write(file: Any) -> str:
    with file.cursor() as cursor:
        cursor.execute("INSERT INTO told VALUES ('us')")
    return "written"


def patience(file: Any) -> int:
    with file.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        return int(cursor.fetchone()[0])


def test_the_next_turn_is_ours(file: Any, other: sqlite3.Connection) -> None:
    Timer(0.1, other.execute, ["COMMIT"]).start()
    assert next_in_turn(lambda: write(file)) == "written"
    assert other.execute("SELECT what FROM told").fetchall() == [("us",)]
    assert patience(file) == 500


def test_a_turn_that_never_comes_is_an_error_in_the_end(file: Any, other: sqlite3.Connection) -> None:
    with pytest.raises(OperationalError) as found:
        next_in_turn(lambda: write(file))
    assert is_taken(found.value)
    assert patience(file) == 500
    assert other.execute("SELECT what FROM told").fetchall() == []


def test_what_is_wrong_otherwise_is_not_tried_again(file: Any) -> None:
    tried = []

    def wrong() -> None:
        tried.append(1)
        with file.cursor() as cursor:
            cursor.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(OperationalError, match="no such table"):
        next_in_turn(wrong)
    assert tried == [1]


def test_nobody_is_waited_for_where_that_is_said(file: Any, other: sqlite3.Connection) -> None:
    with waiting_for_nobody():
        assert patience(file) == 0
        with pytest.raises(OperationalError) as found:
            write(file)
    assert is_taken(found.value)
    assert patience(file) == 500

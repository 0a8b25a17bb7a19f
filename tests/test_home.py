"""Keys in the home: a new one in force, older ones kept, and forgotten."""

import stat
from pathlib import Path

import pytest

from sojourn import home
from sojourn.errors import UserError
from tests.cli.running import own_process


def test_a_new_key_is_put_in_front_and_older_ones_are_forgotten(tmp_path: Path) -> None:
    [first] = home.keys(tmp_path)
    home.rotate(tmp_path)
    second, kept = home.keys(tmp_path)
    assert kept == first != second
    home.rotate(tmp_path)
    third, *older = home.keys(tmp_path)
    assert older == [second, first]
    assert home.forget(tmp_path) == 2
    assert home.keys(tmp_path) == [third]
    assert home.forget(tmp_path) == 0
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_file_that_cannot_be_written_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = home.keys(tmp_path)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(UserError, match="secret_key cannot be written: No space left on device"):
        home.rotate(tmp_path)
    assert home.keys(tmp_path) == before


def test_a_start_takes_the_first_key_and_the_older_ones(tmp_path: Path) -> None:
    assert own_process(tmp_path, "key", "rotate").code == 0
    new, old = home.keys(tmp_path)
    run = own_process(tmp_path, "key", "reseal")
    assert run.err == "0 secrets are sealed with the key in force.\n"
    assert home.keys(tmp_path) == [new, old]
    assert own_process(tmp_path, "key", "reseal", "--forget").err.endswith("1 older keys are deleted.\n")
    assert home.keys(tmp_path) == [new]

"""Commands that look after the service, in this process: settings, doctor, user."""

import io
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from sojourn import demo
from sojourn.calendars import store as calendars
from sojourn.configuration import SETTINGS
from sojourn.errors import UserError
from sojourn.history.models import Issue, Site
from sojourn.jira.simulator.serving import free_port
from sojourn.jobs import queue
from sojourn.jobs.models import LoopState, WorkerState
from tests.builders import issue, store
from tests.cli.running import Sojourn
from tests.jobs import kinds
from tests.jobs.working import Clock, ask, work

MONDAYS = {"name": "Mondays", "tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}


def test_settings_lists_every_setting_with_name_default_and_meaning(sojourn: Sojourn) -> None:
    run = sojourn("settings")
    assert (run.code, run.err) == (0, "")
    for setting in SETTINGS:
        default = setting.default or "(empty)"
        assert f"{setting.name}\n    {setting.meaning}\n    Default: {default}\n" in run.out
    listed = json.loads(sojourn("settings", "--json").out)
    assert listed == [{"name": s.name, "default": s.default, "meaning": s.meaning} for s in SETTINGS]


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    """A home with a secret key as it should be."""
    settings.SOJOURN_HOME = tmp_path
    (tmp_path / "secret_key").write_text("x" * 64)
    (tmp_path / "secret_key").chmod(0o600)
    return tmp_path


@pytest.mark.django_db
def test_the_doctor_is_content_with_a_sound_installation(sojourn: Sojourn, home: Path) -> None:
    store(issue("ABC-1"))
    run = sojourn("doctor")
    assert (run.code, run.err) == (0, "")
    assert "with 1 work items" in run.out
    assert "PROBLEM" not in run.out
    found = json.loads(sojourn("doctor", "--json").out)
    assert [one["check"] for one in found] == ["store", "secret key", "worker"]
    assert all(one["ok"] for one in found)


def problems(sojourn: Sojourn) -> list[str]:
    run = sojourn("doctor", "--json")
    found = [one["message"] for one in json.loads(run.out) if not one["ok"]]
    assert run.code == (1 if found else 0)
    assert sojourn("doctor").out.count("PROBLEM") == len(found)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o400, 0), (0o644, 1), (0o640, 1), (0o604, 1)])
def test_the_doctor_finds_a_key_that_others_can_read(sojourn: Sojourn, home: Path, mode: int, count: int) -> None:
    (home / "secret_key").chmod(mode)
    found = problems(sojourn)
    assert len(found) == count
    assert all(f"run chmod 600 {home / 'secret_key'}" in message for message in found)


@pytest.mark.django_db
def test_the_doctor_knows_a_key_from_the_environment(sojourn: Sojourn, home: Path) -> None:
    (home / "secret_key").unlink()
    assert "secret key: comes from the environment" in sojourn("doctor").out


@pytest.mark.django_db
def test_the_doctor_finds_incomplete_histories(sojourn: Sojourn, home: Path) -> None:
    cut = issue("ABC-1")
    cut["changelog"]["total"] = 9
    store(cut, issue("ABC-2"))
    assert problems(sojourn) == ["1 with history_incomplete; reports show the flag"]


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "ends"), [(-400, True), (0, True), (30, True), (32, False), (400, False)])
def test_the_doctor_warns_a_month_before_holidays_end(sojourn: Sojourn, home: Path, days: int, ends: bool) -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime.now(UTC)
    last = (now + timedelta(days=days)).date().isoformat()
    calendars.save_holidays("X", [{"date": last, "name": "Last"}, "2000-01-01"])
    calendars.save({**MONDAYS, "holiday_sets": ["X"]}, now=now)
    calendars.save({**MONDAYS, "name": "Own", "holidays": [last]}, now=now)
    found = problems(sojourn)
    assert len(found) == (2 if ends else 0)
    assert all(f"to {last}; import more years" in message for message in found)


def passed(sojourn: Sojourn, check: str) -> str:
    """What the doctor says of something that is well."""
    found = {one["check"]: one for one in json.loads(sojourn("doctor", "--json").out)}
    assert found[check]["ok"]
    return str(found[check]["message"])


def long_ago(**given: int) -> Clock:
    clock = Clock()
    clock.now = timezone.now() - timedelta(**given)
    return clock


def was_seen(at: datetime, ended: datetime | None = None) -> None:
    WorkerState.objects.create(name=str(at), host="h", pid=1, started_at=at, seen_at=at, ended_at=ended)


@pytest.mark.django_db
def test_the_doctor_says_when_a_worker_was_seen(sojourn: Sojourn, home: Path) -> None:
    assert passed(sojourn, "worker") == "none was seen yet; start `sojourn serve` or `sojourn worker`"
    ended = long_ago(hours=3)()
    was_seen(ended, ended)
    assert passed(sojourn, "worker").startswith(f"none is alive, one was last seen at {ended:%Y-%m-%d %H:%M} UTC; ")
    was_seen(long_ago(seconds=1)())
    assert passed(sojourn, "worker") == "1 alive"


@pytest.mark.django_db
def test_the_doctor_wants_a_worker_where_work_waits(sojourn: Sojourn, home: Path) -> None:
    ask(kinds.copy, long_ago(minutes=4), upto=1)
    assert problems(sojourn) == []
    ask(kinds.copy, long_ago(minutes=90), upto=1)
    want = "none was seen yet; work waits: start `sojourn serve` or `sojourn worker`"
    waits = "one waits for 90 minutes; see sojourn jobs list --state queued"
    assert problems(sojourn) == [want, waits]
    was_seen(long_ago(seconds=1)())
    assert problems(sojourn) == [waits]


@pytest.mark.django_db
def test_the_doctor_wants_a_worker_where_a_loop_is_overdue(sojourn: Sojourn, home: Path) -> None:
    LoopState.objects.create(name="feeds", due_at=long_ago(minutes=4)())
    assert problems(sojourn) == []
    LoopState.objects.update(due_at=long_ago(minutes=6)())
    assert len(problems(sojourn)) == 1
    LoopState.objects.update(problem="A was not refreshed")
    was_seen(long_ago(seconds=1)())
    assert problems(sojourn) == ["feeds: A was not refreshed"]


@pytest.mark.django_db
def test_the_doctor_tells_failed_jobs_until_somebody_sees_to_them(sojourn: Sojourn, home: Path) -> None:
    clock = long_ago(minutes=1)
    first = ask(kinds.refuse, clock)
    keyed = queue.ask(kinds.refuse, {}, now=clock(), key="a")
    work(clock)
    [found] = problems(sojourn)
    assert found.startswith("2 failed, the last one: refuse: the token is not right; see sojourn jobs show")
    queue.ask(kinds.copy, {"upto": 1}, now=clock(), key="a")
    work(clock)
    [found] = problems(sojourn)
    assert found.startswith("1 failed")
    assert keyed.pk != first.pk
    queue.cancel(first.pk, clock(), "ann")
    assert problems(sojourn) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("total", "lost"), [(0, 0), (3, 0), (3, 1)])
def test_the_doctor_finds_secrets_that_cannot_be_opened(
    sojourn: Sojourn, home: Path, monkeypatch: pytest.MonkeyPatch, total: int, lost: int
) -> None:
    monkeypatch.setattr("sojourn.sealed.count", lambda: (total, lost))
    assert ("secrets" in [one["check"] for one in json.loads(sojourn("doctor", "--json").out)]) == (total > 0)
    assert len(problems(sojourn)) == (1 if lost else 0)


@pytest.mark.django_db
def test_a_key_of_the_environment_is_changed_there(sojourn: Sojourn, settings: Any) -> None:
    settings.VALUES = {**settings.VALUES, "SECRET_KEY": "x" * 32}
    run = sojourn("key", "rotate")
    assert (run.code, run.out) == (2, "")
    assert "put another into SECRET_KEY, and this one into SECRET_KEY_FALLBACKS" in run.err
    assert sojourn("key", "reseal", "--forget").err == "0 secrets are sealed with the key in force.\n"


@pytest.mark.django_db
@pytest.mark.parametrize(("words", "begun"), [([], ["start", "stop"]), (["--no-worker"], [])])
def test_a_server_begins_a_worker_unless_told_not_to(
    sojourn: Sojourn, monkeypatch: pytest.MonkeyPatch, words: list[str], begun: list[str]
) -> None:
    hooks: list[str] = []

    class Server:
        def __init__(self, *_: object, **__: object) -> None:
            self.on_startup = self.on_shutdown = lambda hook: hooks.append(hook.__name__)

        def serve(self) -> None:
            hooks.append("serve")

    monkeypatch.setattr("granian.Granian", Server)
    assert sojourn("serve", "--port", "65001", *words).code == 0
    assert hooks == [*begun, "serve"]


def add_user(sojourn: Sojourn, monkeypatch: pytest.MonkeyPatch, name: str, password: str) -> Any:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    return sojourn("user", "add", name, "--password-stdin")


@pytest.mark.django_db
def test_a_user_is_added_with_the_password_from_stdin(sojourn: Sojourn, monkeypatch: pytest.MonkeyPatch) -> None:
    run = add_user(sojourn, monkeypatch, "ann", " correct horse ")
    assert (run.code, run.out) == (0, "")
    assert run.err.startswith("ann may sign in.\nann sees nothing yet: `sojourn access grant ann ")
    assert get_user_model().objects.get(username="ann").check_password(" correct horse ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "password", "message"),
    [
        ("ann", "short", "too short"),
        ("ann", "password1", "too common"),
        ("ann", "", "too short"),
        ("bob", "correct horse", "There is a user 'bob' already."),
        ("a b", "correct horse", "Enter a valid username"),
        ("", "correct horse", "cannot be blank"),
        ("a" * 151, "correct horse", "at most 150 characters"),
    ],
)
def test_weak_passwords_and_taken_names_are_refused(
    sojourn: Sojourn, monkeypatch: pytest.MonkeyPatch, name: str, password: str, message: str
) -> None:
    get_user_model().objects.create_user("bob", password="x")
    run = add_user(sojourn, monkeypatch, name, password)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert get_user_model().objects.count() == 1


@pytest.mark.django_db
def test_the_demo_refuses_a_store_with_other_data() -> None:
    store(issue("ABC-1"), site="example.atlassian.net")
    expected = r"this store holds example\.atlassian\.net; .* set SOJOURN_HOME"
    with pytest.raises(UserError, match=expected), demo.simulated(free_port()):
        raise AssertionError("it was not refused")
    assert Site.objects.count() == Issue.objects.count() == 1


@pytest.mark.django_db
def test_the_demo_opens_no_store_that_has_accounts_with_a_known_password() -> None:
    get_user_model().objects.create_user("ann", password="x")
    with pytest.raises(UserError, match="this store has accounts"), demo.simulated(free_port()):
        raise AssertionError("it was not refused")
    assert not Issue.objects.exists()


@pytest.mark.django_db
def test_what_the_store_says_when_it_breaks_is_one_line(sojourn: Sojourn, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def broken(_: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("sojourn.doctor.checks", broken)
    run = sojourn("doctor")
    assert (run.code, run.out, run.err) == (2, "", "sojourn: database is locked\n")

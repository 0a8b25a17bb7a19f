"""The commands about access."""

import json

import pytest
from django.contrib.auth import get_user_model

from tests.builders import issue, store
from tests.cli.running import Sojourn


@pytest.fixture
def people(db: None) -> None:
    reporter, level = {"accountId": "ann-id", "displayName": "Ann"}, {"id": "1", "name": "Internal"}
    store(issue("SUP-1", reporter=reporter, security=level))
    for name in ("ann", "bob"):
        get_user_model().objects.create_user(name)


@pytest.mark.usefixtures("people")
def test_what_is_given_is_listed_and_can_be_taken_back(sojourn: Sojourn) -> None:
    where = ("--site", "Test", "--project", "SUP", "--level", "Internal", "--whose", "reporter", "--expires", "90d")
    assert sojourn("access", "join", "bob", "support").code == 0
    granted = sojourn("access", "grant", "group:support", *where)
    assert granted.code == 0, granted.err
    number = granted.err.rstrip(".\n").split()[-1]
    assert sojourn("access", "give", "ann", "analyst").code == 0
    assert sojourn("access", "link", "ann", "ann-id", "--site", "Test").code == 0
    found = json.loads(sojourn("access", "list", "--json").out)
    (grant,) = found["grants"]
    assert {**grant, "ends_at": None, "number": None} == {
        "number": None,
        "who": "group support",
        "site": "Test",
        "project": "SUP",
        "level": "Internal",
        "whose": "reporter",
        "made_by": "the operator",
        "ends_at": None,
    }
    assert found["rights"] == [{"who": "ann", "name": "analyst"}]
    assert found["accounts"] == [{"who": "ann", "site": "Test", "account": "ann-id"}]
    shown = sojourn("access", "list").out.splitlines()
    assert shown[0].startswith(f"grant\tgroup support\tnumber {number}, site Test, project SUP, level Internal, whose ")
    assert shown[1:] == ["right\tann\tname analyst", "account\tann\tsite Test, account ann-id"]
    for words in (("revoke", number), ("take", "ann", "analyst"), ("leave", "bob", "support")):
        assert sojourn("access", *words).code == 0
    found = json.loads(sojourn("access", "list", "--json").out)
    assert (found["grants"], found["rights"]) == ([], [])


@pytest.mark.usefixtures("people")
def test_what_is_not_there_is_said_in_one_line(sojourn: Sojourn) -> None:
    run = sojourn("access", "grant", "ann", "--site", "Tset")
    assert (run.code, run.out) == (2, "")
    assert run.err == "sojourn: site: there is no site 'Tset'; there are: Test\n"


@pytest.mark.django_db
def test_a_user_is_added_with_a_role_or_not_at_all(sojourn: Sojourn, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    for role, code in (("boss", 2), ("administrator", 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
        assert sojourn("user", "add", "ann", "--password-stdin", "--role", role).code == code
        assert get_user_model().objects.filter(username="ann").exists() == (code == 0)

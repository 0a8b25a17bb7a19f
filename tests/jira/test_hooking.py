"""Registering a webhook at a Jira, and what to enter by hand where Jira does not let us."""

from typing import Any

import pytest

from sojourn.errors import Refused
from sojourn.jira import hooking, webhook
from sojourn.jira.failures import NotAllowed, NotThere
from sojourn.jira.models import Connection
from sojourn.jira.simulator import changes
from sojourn.jira.webhook import Sent
from tests.jira.hooked import signature
from tests.jira.syncing import Synced, synced

pytestmark = pytest.mark.django_db
PUBLIC = "http://127.0.0.1:8000"
ADDRESS = "http://127.0.0.1:8000/hooks/jira/acme"


@pytest.fixture(params=["cloud", "datacenter"])
def played(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    with synced(monkeypatch, settings, request.param, 5) as scene:
        yield scene


def secret_of(played: Synced) -> str:
    played.connection.refresh_from_db()
    assert played.connection.webhook_secret is not None
    return played.connection.webhook_secret.reveal()


def test_it_is_registered_with_a_secret_that_nobody_is_told(played: Synced) -> None:
    assert hooking.hook(played.connection, PUBLIC + "/") == hooking.Hooked(ADDRESS)
    [there] = played.simulator.site.webhooks
    assert (there.url, there.events, there.name) == (ADDRESS, hooking.EVENTS, "Sojourn acme")
    assert there.secret == secret_of(played)
    assert len(there.secret) >= 43  # 256 bits


def test_it_is_registered_once(played: Synced) -> None:
    hooking.hook(played.connection, PUBLIC)
    before = secret_of(played)
    assert hooking.hook(played.connection, PUBLIC) == hooking.Hooked(ADDRESS)
    assert secret_of(played) == before
    assert len(played.simulator.site.webhooks) == 1


def test_one_whose_secret_nobody_knows_gets_another_by_hand(played: Synced) -> None:
    hooking.hook(played.connection, PUBLIC)
    played.connection.webhook_secret = None
    played.connection.save()
    told = hooking.hook(played.connection, PUBLIC)
    assert told.secret == secret_of(played)
    assert told.why == "Jira has a webhook to that address, and nobody here knows its secret"


def test_who_is_no_administrator_is_told_what_to_enter(played: Synced) -> None:
    played.simulator.site.accounts[0].permissions.discard("ADMINISTER")
    told = hooking.hook(played.connection, PUBLIC)
    assert (told.url, told.secret) == (ADDRESS, secret_of(played))
    assert told.why.startswith("Jira does not let this account do it (")
    assert told.secret not in told.why
    assert played.simulator.site.webhooks == []


def test_an_oauth_app_is_told_what_to_enter_and_nothing_is_asked(played: Synced) -> None:
    played.connection.method = "oauth"
    told = hooking.hook(played.connection, PUBLIC)
    assert told.secret == secret_of(played)
    assert "30 days" in told.why
    assert played.calls == []


@pytest.mark.parametrize(
    "public", ["sojourn.acme.com", "ftp://acme.com", "https://", "https://u:p@acme.com", "https://a/?b"]
)
def test_an_address_that_is_none_is_refused(public: str) -> None:
    with pytest.raises(Refused, match="is not an address such as https"):
        hooking.hook(Connection(name="acme"), public)


def test_what_is_sent_is_taken(played: Synced) -> None:
    hooking.hook(played.connection, PUBLIC)
    site = played.simulator.site
    for change in (
        lambda: changes.transition(site, "10001", "10002"),
        lambda: changes.comment(site, "10002", "A word"),
        lambda: changes.delete(site, "10003"),
    ):
        change()
    bodies = [played.simulator.post.body(told) for told in site.told]
    for body in bodies:
        sent = Sent(body, signature(body, secret_of(played)))
        assert webhook.accept("acme", sent, played.now())
    assert set(played.connection.again.values_list("issue", flat=True)) == {"10001", "10002", "10003"}


def test_jira_data_center_10_has_another_address() -> None:
    talk = hooking.registered("datacenter")
    assert next(talk).endpoint == "GET /rest/jira-webhook/1.0/webhooks"
    with pytest.raises(StopIteration) as end:
        talk.send([{"url": ADDRESS}])
    path, there = end.value.value
    assert there == [{"url": ADDRESS}]
    request = next(hooking.register(path, "Sojourn acme", ADDRESS, "s"))
    assert request.endpoint == "POST /rest/jira-webhook/1.0/webhooks"
    assert request.body == {
        "name": "Sojourn acme",
        "url": ADDRESS,
        "events": list(hooking.EVENTS),
        "filters": {},
        "excludeBody": False,
        "configuration": {"secret": "s"},
    }


def test_what_is_neither_there_nor_allowed_is_said() -> None:
    talk = hooking.registered("datacenter")
    next(talk)
    assert talk.throw(NotThere("no")).endpoint == "GET /rest/webhooks/1.0/webhook"
    with pytest.raises(NotAllowed):
        talk.throw(NotAllowed("no"))

"""A Jira that fails, over real HTTP: what the client does about each fault, in no time but a stall's."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import trustme

from sojourn.jira.cloud import Cloud
from sojourn.jira.credentials import ApiToken, Password, PersonalToken
from sojourn.jira.failures import BadRequest, CredentialsRefused, CursorLost, NotThere, Unavailable
from sojourn.jira.simulator import BucketLimits, CloudLimits, Exchange, Fault, Simulator, changes, serving
from sojourn.jira.simulator.limits import refusal
from sojourn.jira.source import Jira, JiraSource, Kind
from sojourn.jira.window import Window
from sojourn.net import AddressRefused, Openings, Route
from tests.jira.simulated import NOW_MS, Scene, made_up, scene

FACES: tuple[Kind, ...] = ("cloud", "datacenter")
REASONS = (
    "jira-quota-global-based",
    "jira-quota-tenant-based",
    "jira-burst-based",
    "jira-per-issue-on-write",
    "jira-cost-based",
    "",
)


def read_all(played: Scene) -> list[str]:
    batch = played.read(played.sweep())
    assert (batch.unread, batch.gone) == ({}, [])
    return [issue["id"] for issue in batch.issues]


@pytest.mark.parametrize("has_seconds", [True, False])
@pytest.mark.parametrize("wait_s", [None, 0, 3, 120])
@pytest.mark.parametrize("reason", REASONS)
def test_429_with_each_reason_is_waited_out(reason: str, wait_s: int | None, has_seconds: bool) -> None:
    with scene(items=110) as played:
        reset_ms = NOW_MS + 600_000 if "quota" in reason else None
        told = refusal(reason, wait_s, reset_ms, has_seconds=has_seconds)
        played.simulator.faults.add(Fault("status", "bulkfetch", status=429, headers=told))
        assert len(read_all(played)) == 110
        [at] = [number for number, call in enumerate(played.calls) if call.status == 429]
        refused, after = played.calls[at], played.calls[at + 1]
        waited_s = (after.at_ms - refused.at_ms) / 1000
        assert waited_s >= max(wait_s or 0.7, 600 if "quota" in reason else 0)
        assert played.statuses().count(429) == 1


@pytest.mark.parametrize("kind", ["html", "truncated", "cut", "status"])
@pytest.mark.parametrize("face", FACES)
def test_answers_that_are_no_answer_are_asked_for_again(face: Kind, kind: Any) -> None:
    search = "search/jql" if face == "cloud" else "search"
    with scene(face, 120) as played:
        whole = read_all(played)
        for endpoint in (search, "bulkfetch") if face == "cloud" else (search,):
            played.simulator.faults.add(Fault(kind, endpoint, times=3, status=502))
        assert read_all(played) == whole
        assert all(wait_s <= 30 for wait_s in played.waits)
        assert len(played.waits) == (6 if face == "cloud" else 3)


@pytest.mark.parametrize("kind", ["html", "truncated", "cut", "status"])
def test_a_site_that_keeps_failing_is_given_up_after_four_tries_and_then_left_alone(kind: Any) -> None:
    with scene() as played:
        played.simulator.faults.add(Fault(kind, times=10_000, status=503))
        for _ in range(2):
            with pytest.raises(Unavailable, match="it was tried 4 times"):
                played.source.now_ms()
        assert len(played.calls) == 8
        for _ in range(5):
            with pytest.raises(Unavailable, match="is left alone for"):
                played.source.now_ms()
        assert len(played.calls) == 8
        played.simulator.faults.clear()
        played.simulator.site.clock.advance(61)
        assert played.source.now_ms() > NOW_MS


def test_a_stall_ends_when_the_time_of_a_call_is_over() -> None:
    with scene(seconds=0.4) as played:
        played.simulator.faults.add(Fault("stall", "serverInfo", seconds=2))
        played.source.now_ms()
        assert len(played.calls) == 2


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("parallel", [1, 3])
def test_revoked_credentials_end_all_calls(face: Kind, parallel: int) -> None:
    with scene(face, 300, parallel=parallel) as played:
        site = played.simulator.site
        ids = played.sweep()
        changes.revoke(site, 0)
        before = len(played.calls)
        with pytest.raises(CredentialsRefused, match="revoked or expired; make a new one") as error:
            played.read(ids)
        assert site.accounts[0].secret not in str(error.value)
        assert len(played.calls) - before <= parallel <= 3
        before = len(played.calls)
        for ask in (played.source.now_ms, played.source.statuses, played.sweep):
            with pytest.raises(CredentialsRefused):
                ask()
        assert len(played.calls) == before


def test_a_captcha_is_told_apart_from_a_missing_permission() -> None:
    with scene("datacenter") as played:
        played.simulator.site.accounts[0].refused = 3
        with pytest.raises(
            CredentialsRefused, match="wants a CAPTCHA after wrong passwords; sign in once with a browser"
        ):
            played.source.now_ms()
        assert played.statuses() == [403]


def test_a_stranger_is_not_served_what_strangers_see() -> None:
    """Jira may answer 200 to wrong credentials, as to somebody who has not signed in."""
    with scene() as played:
        told = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
        played.simulator.faults.add(Fault("status", "serverInfo", status=200, headers=told))
        with pytest.raises(CredentialsRefused, match="refuses the credentials"):
            played.source.now_ms()


def test_jira_s_reason_for_refusing_a_question_is_told() -> None:
    with scene() as played:
        talk = played.source._api.ids("colour = red", None)
        with pytest.raises(BadRequest, match=r"answers with status 400: Error in the JQL Query: 'colour = red'"):
            played.source._client.run(talk)
        assert len(played.calls) == 1


def test_an_address_that_is_no_jira_is_told() -> None:
    with scene("datacenter") as played, pytest.raises(NotThere, match="check the address of Jira"):
        played.source._client.run(Cloud(texts=False).now_ms())


def test_a_cursor_that_is_lost_or_repeated_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sojourn.jira.cloud.MOST_IDS", 20)
    for kind in ("lost token", "repeated page"):
        with scene(items=100) as played:
            played.simulator.faults.add(Fault(kind, "search/jql", after=1))
            with pytest.raises(CursorLost, match="the sweep begins again"):
                played.sweep()
    with scene(items=100) as played:
        pages = played.source.ids(Window())
        next(pages)
        played.simulator.site.clock.advance(8 * 86_400)
        with pytest.raises(CursorLost, match="expired"):
            next(pages)


@pytest.mark.parametrize("face", FACES)
def test_a_sweep_that_ends_early_is_seen_by_the_count(face: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"sojourn.jira.{face}.MOST_IDS", 20)
    with scene(face, 100) as played:
        played.simulator.faults.add(Fault("early end", "search", after=2))
        assert len(set(played.sweep())) < played.source.count(Window()) == 100


def test_a_search_that_is_behind_is_right_about_what_is_to_be_reconciled() -> None:
    with scene() as played:
        site = played.simulator.site
        site.lag_s = 60
        ids = played.sweep()
        window = Window(since_ms=NOW_MS - 60_000)
        changes.edit(site, ids[0], "summary", "new")
        changes.edit(site, ids[1], "summary", "new")
        assert played.sweep(window) == []
        assert [key for page in played.source.ids(window, reconcile=[ids[0]]) for key in page.ids] == [ids[0]]
        site.clock.advance(61)
        assert sorted(played.sweep(window)) == sorted(ids[:2])


# Limits.


def no_two_in_a_row(calls: list[Exchange]) -> bool:
    """Whether no endpoint was refused twice without an answer between."""
    by_endpoint: dict[str, list[int]] = {}
    for call in calls:
        by_endpoint.setdefault(call.endpoint, []).append(call.status)
    return not any((429, 429) in itertools.pairwise(found) for found in by_endpoint.values())


@pytest.mark.parametrize("parallel", [1, 3])
def test_limits_that_are_told_are_never_run_into(parallel: int) -> None:
    with scene(items=700, parallel=parallel) as played:
        played.simulator.limits = CloudLimits(burst=5)
        assert len(read_all(played)) == 700
        assert played.simulator.limits.refused == []


@pytest.mark.parametrize("parallel", [1, 3])
def test_limits_that_are_not_told_are_run_into_at_most_once_in_a_row(parallel: int) -> None:
    with scene(items=700, parallel=parallel) as played:
        played.simulator.limits = CloudLimits(burst=4, is_silent=True)
        assert len(read_all(played)) == 700
        if parallel == 1:
            assert no_two_in_a_row(played.calls)
        assert 1 <= len(played.simulator.limits.refused) <= 8


@pytest.mark.parametrize("is_silent", [True, False])
def test_a_quota_is_waited_for_and_no_endpoint_is_called_meanwhile(is_silent: bool) -> None:
    with scene(items=700) as played:
        played.simulator.limits = CloudLimits(points=500, is_silent=is_silent)
        assert len(read_all(played)) == 700
        refused = played.simulator.limits.refused
        assert bool(refused) is is_silent
        assert len({at_ms // 3_600_000 for at_ms, _, _ in refused}) == len(refused)  # never twice in an hour
        for at_ms, _, _ in refused:
            inside = [call for call in played.calls if at_ms < call.at_ms < (at_ms // 3_600_000 + 1) * 3_600_000]
            assert inside == []


@pytest.mark.parametrize("parallel", [1, 3])
def test_a_bucket_of_tokens_is_never_emptied_twice_in_a_row(parallel: int) -> None:
    with scene("datacenter", 700, parallel=parallel) as played:
        played.simulator.limits = BucketLimits(size=4, fill=2, interval_s=10)
        assert len(read_all(played)) == 700
        assert played.simulator.limits.refused == []


# The way there.


@pytest.mark.parametrize("face", FACES)
def test_an_address_that_is_not_open_is_not_called(face: Kind) -> None:
    calls: list[Exchange] = []
    simulator = Simulator(made_up(3), face, watch=calls.append)
    with serving(simulator) as url:
        credentials = simulator.site.accounts[0].credentials(face)
        source = JiraSource.open(Jira(face, url, credentials), Route())
        with source, pytest.raises(AddressRefused, match="SOJOURN_ALLOW_PRIVATE=127"):
            source.now_ms()
    assert calls == []


def test_a_company_s_own_authority_is_trusted_where_it_is_named_and_http_2_is_spoken(tmp_path: Path) -> None:
    authority = trustme.CA()
    server = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server.private_key_pem.write_to_path(tmp_path / "key.pem")
    for part in server.cert_chain_pems:
        part.write_to_path(tmp_path / "cert.pem", append=True)
    simulator = Simulator(made_up(250), "cloud")
    versions: set[str] = set()
    answer = simulator.__call__

    async def telling(scope: Any, receive: Any, send: Any) -> None:
        versions.add(scope["http_version"])
        await answer(scope, receive, send)

    with serving(telling, certificate=tmp_path / "cert.pem", key=tmp_path / "key.pem") as url:  # type: ignore[arg-type]
        connection = Jira("cloud", url, simulator.site.accounts[0].credentials("cloud"))
        openings = Openings.of([("127.0.0.1", int(url.rpartition(":")[2]))])
        with JiraSource.open(connection, Route(openings, authorities=tmp_path / "ca.pem")) as source:
            ids = [key for page in source.ids(Window()) for key in page.ids]
            assert sum(len(batch.told) for batch in source.batches(ids)) == 250
        with JiraSource.open(connection, Route(openings)) as source:
            source._client._manners._sleep = lambda _: None
            with pytest.raises(Unavailable, match="cannot be reached"):
                source.now_ms()
    assert versions == {"2"}


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "ümlaut"])
def test_a_token_that_cannot_be_one_is_refused_without_being_told(token: str) -> None:
    with pytest.raises(Exception, match="credentials: the token is empty or holds what no token holds") as error:
        PersonalToken(token).header()
    assert not token or token not in str(error.value)


def test_what_is_secret_is_in_the_header_and_in_no_repr() -> None:
    for credentials in (ApiToken("a@b.example", "s3cret"), Password("ann", "s3cret"), PersonalToken("s3cret")):
        assert "s3cret" not in repr(credentials)
        assert credentials.header().startswith(("Basic ", "Bearer "))
    assert ApiToken("a", "b").header() == "Basic YTpi"


def test_a_sleep_that_raises_ends_a_wait() -> None:
    class Stopped(Exception):
        pass

    with scene() as played:

        def stop(_: float) -> None:
            raise Stopped

        played.source._client._manners._sleep = stop
        told = refusal("jira-quota-global-based", 3_000)
        played.simulator.faults.add(Fault("status", status=429, headers=told))
        with pytest.raises(Stopped):
            played.source.now_ms()

"""Tokens: what is refused, what is kept, and what the commands print."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import serializers

from sojourn.access import attempts, tokens
from sojourn.access.models import Token, WrongAttempt
from sojourn.errors import UserError
from tests.cli.running import Sojourn, in_process

NOW = datetime(2024, 1, 20, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> Any:
    return get_user_model().objects.create_user("ann", password="a long pass phrase")


@pytest.fixture
def sojourn(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Sojourn:
    return in_process(capfd, monkeypatch)


def made(**more: Any) -> str:
    return tokens.create(**{"user_name": "ann", "scopes": [], "now": NOW, "lifetime": None} | more)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"user_name": "bob"}, "user: there is no user 'bob'"),
        ({"scopes": ["admin"]}, "scope: 'admin' is not one of read, write"),
        ({"lifetime": timedelta()}, "expires: "),
        ({"lifetime": timedelta(days=100_000)}, "expires: "),
    ],
)
def test_a_wrong_token_is_not_made(ann: Any, given: dict[str, Any], place: str) -> None:
    with pytest.raises(UserError, match=place):
        made(**given)
    assert not Token.objects.exists()


@pytest.mark.parametrize("wrong", ["", "x", "sjn_", "sjn_00000000_" + "a" * 43, "\ud800", "é" * 50, "a" * 10_000])
def test_what_is_no_token_is_refused(ann: Any, wrong: str) -> None:
    made()
    with pytest.raises(UserError, match="is not right"):
        tokens.check(wrong, NOW)


def test_the_right_name_with_another_secret_is_refused_without_a_reason(ann: Any) -> None:
    token = made()
    tokens.revoke(token, NOW)
    with pytest.raises(UserError, match="is not right"):
        tokens.check(token[:-1] + ("A" if token[-1] != "A" else "B"), NOW)


def test_a_token_holds_until_it_expires(ann: Any) -> None:
    token = made(lifetime=timedelta(days=90))
    assert tokens.check(token, NOW + timedelta(days=90, microseconds=-1)).user == ann
    with pytest.raises(UserError, match="has expired"):
        tokens.check(token, NOW + timedelta(days=90))


def test_a_revoked_token_and_one_of_a_disabled_user_are_refused(ann: Any) -> None:
    revoked, disabled = made(), made()
    tokens.revoke(revoked[:12], NOW)
    with pytest.raises(UserError, match="was revoked"):
        tokens.check(revoked, NOW)
    with pytest.raises(UserError, match="in force"):
        tokens.revoke(revoked[:12], NOW)
    ann.is_active = False
    ann.save()
    with pytest.raises(UserError, match="is disabled"):
        tokens.check(disabled, NOW)


def test_only_a_hash_is_kept(ann: Any) -> None:
    token = made()
    kept = serializers.serialize("json", Token.objects.all())
    assert token not in kept
    assert token[13:] not in kept
    assert len(token) == 13 + 43


def test_the_last_use_is_written_at_most_once_a_minute(ann: Any, django_assert_num_queries: Any) -> None:
    token = made()
    tokens.check(token, NOW)
    with django_assert_num_queries(1):
        tokens.check(token, NOW + timedelta(seconds=59))
    assert Token.objects.get().last_used_at == NOW
    tokens.check(token, NOW + timedelta(seconds=60))
    assert Token.objects.get().last_used_at == NOW + timedelta(seconds=60)


def test_ten_wrong_attempts_a_minute_and_no_more() -> None:
    for second in range(10):
        assert attempts.wait_s("203.0.113.7", NOW + timedelta(seconds=second)) == 0
        attempts.note("203.0.113.7", NOW + timedelta(seconds=second))
    assert attempts.wait_s("203.0.113.7", NOW + timedelta(seconds=9.5)) == 51
    assert attempts.wait_s("203.0.113.8", NOW + timedelta(seconds=9.5)) == 0
    assert attempts.wait_s("203.0.113.7", NOW + timedelta(seconds=60)) == 0
    attempts.note("203.0.113.8", NOW + timedelta(minutes=20))
    assert WrongAttempt.objects.count() == 1


def test_an_ipv6_customer_is_one_address() -> None:
    for number in range(10):
        attempts.note(f"2001:db8:1:2::{number}", NOW)
    assert attempts.wait_s("2001:db8:1:2:ffff::1", NOW)
    assert not attempts.wait_s("2001:db8:1:3::1", NOW)
    attempts.note("unix:", NOW)


def test_the_commands_make_list_and_revoke(ann: Any, sojourn: Sojourn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    run = sojourn("token", "create", "--user", "ann", "--expires", "90d", "--scope", "read", "--scope", "write")
    token = run.out.strip()
    assert (run.code, token[:4], len(run.out.splitlines())) == (0, "sjn_", 1)
    assert token not in run.err + caplog.text
    (listed,) = json.loads(sojourn("token", "list", "--json").out)
    assert (listed["name"], listed["user"], listed["scopes"]) == (token[:12], "ann", ["read", "write"])
    assert listed["last_used_at"] is None
    assert token[:12] in sojourn("token", "list").out
    assert token[13:] not in sojourn("token", "list").out
    assert sojourn("token", "revoke", token[:12]).code == 0
    assert "revoked" in sojourn("token", "list").out
    again = sojourn("token", "revoke", token)
    assert again.code == 2
    assert token not in again.err


def test_the_commands_refuse(ann: Any, sojourn: Sojourn) -> None:
    assert "there is no user 'bob'" in sojourn("token", "create", "--user", "bob").err
    assert "has no unit" in sojourn("token", "create", "--user", "ann", "--expires", "90").err
    assert not Token.objects.exists()

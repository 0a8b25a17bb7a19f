"""Signing in: how passwords are kept, and how often they may be tried."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from sojourn import settings as own_settings
from sojourn.access import attempts
from sojourn.access.models import WrongAttempt

RIGHT = "a long pass phrase"


@pytest.fixture
def ann(db: Any) -> Any:
    return get_user_model().objects.create_user("ann", password=RIGHT)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put the clock forward."""
    real, ahead = timezone.now, [timedelta()]

    def now() -> datetime:
        return real() + ahead[0]

    def put(**by: float) -> None:
        ahead[0] += timedelta(**by)

    monkeypatch.setattr(timezone, "now", now)
    return put


def try_in(client: Client, password: str = "wrong", name: str = "ann", address: str = "192.0.2.1") -> Any:
    return client.post("/login", {"username": name, "password": password}, REMOTE_ADDR=address)


def test_passwords_are_hashed_by_argon2(ann: Any) -> None:
    """At the cost that Django thinks right; only the tests' own are cheap."""
    assert ann.password.startswith("argon2$argon2id$")
    assert own_settings.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"


def test_an_older_hash_is_renewed_when_its_owner_signs_in(ann: Any, client: Client) -> None:
    ann.password = make_password(RIGHT, hasher="pbkdf2_sha256")
    ann.save()
    assert try_in(client).status_code == 200
    ann.refresh_from_db()
    assert ann.password.startswith("pbkdf2_sha256$")
    assert try_in(client, RIGHT).status_code == 302
    ann.refresh_from_db()
    assert ann.password.startswith("argon2$argon2id$")
    assert try_in(Client(), RIGHT).status_code == 302


def test_an_address_may_be_wrong_ten_times_a_minute(ann: Any, later: Any) -> None:
    for number in range(10):
        assert try_in(Client(), name=f"name{number}").status_code == 200
    for name in ("ann", "another"):
        answer = try_in(Client(), RIGHT, name)
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 60
        assert "Try again in 1 minute." in answer.content.decode()
    assert try_in(Client(), RIGHT, address="192.0.2.2").status_code == 302
    later(seconds=61)
    assert try_in(Client(), RIGHT).status_code == 302


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_a_name_may_be_tried_ten_times_in_a_quarter_of_an_hour_whether_it_is_there_or_not(
    ann: Any, later: Any, name: str
) -> None:
    for number in range(10):
        assert try_in(Client(), name=name, address=f"192.0.2.{number}").status_code == 200
        later(seconds=10)
    answer = try_in(Client(), RIGHT, name, "192.0.2.99")
    assert answer.status_code == 429
    assert 700 < int(answer["Retry-After"]) <= 800
    assert "Try again in 14 minutes." in answer.content.decode()
    assert try_in(Client(), RIGHT, name.upper(), "192.0.2.98").status_code == 429
    later(seconds=int(answer["Retry-After"]))
    assert try_in(Client(), RIGHT, name, "192.0.2.99").status_code == (302 if name == "ann" else 200)


def test_who_signed_in_before_is_not_locked_out_by_strangers(ann: Any, client: Client, later: Any) -> None:
    assert try_in(client, RIGHT).status_code == 302
    cookie = client.cookies["sojourn_browser"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/login")
    client.post("/logout")
    for number in range(60):  # they never stop
        try_in(Client(), address=f"192.0.2.{number}")
        try_in(Client(), address="192.0.2.1")
        later(seconds=20)
    assert try_in(Client(), RIGHT, address="192.0.2.200").status_code == 429
    assert try_in(client, RIGHT, address="192.0.2.1").status_code == 302


def test_the_cookie_of_a_browser_is_no_way_to_guess_on(ann: Any, client: Client) -> None:
    get_user_model().objects.create_user("bob", password=RIGHT)
    try_in(client, RIGHT)
    client.post("/logout")
    assert [try_in(client).status_code for _ in range(11)] == [200] * 10 + [429]
    assert try_in(client, RIGHT).status_code == 429
    for _ in range(10):
        try_in(client, name="bob")  # known for ann only
    assert try_in(Client(), RIGHT, "bob").status_code == 429
    client.cookies["sojourn_browser"] = client.cookies["sojourn_browser"].value + "x"
    assert try_in(client, RIGHT).status_code == 429


def test_success_forgets_what_was_wrong_for_the_account_and_not_for_the_address(ann: Any) -> None:
    for _ in range(9):
        try_in(Client())
    assert try_in(Client(), RIGHT).status_code == 302
    assert try_in(Client(), name="another").status_code == 200  # the tenth
    assert try_in(Client(), RIGHT).status_code == 429
    for _ in range(9):
        assert try_in(Client(), address="192.0.2.9").status_code == 200
    assert try_in(Client(), RIGHT, address="192.0.2.9").status_code == 302


def test_what_is_counted_tells_no_name_and_goes_after_a_quarter_of_an_hour(ann: Any, later: Any) -> None:
    try_in(Client(), name="ann")
    assert all("ann" not in one for one in WrongAttempt.objects.values_list("address", flat=True))
    later(minutes=16)
    try_in(Client(), name="bob")
    assert WrongAttempt.objects.count() == 2


@pytest.mark.django_db
def test_many_tries_at_once_are_ten() -> None:
    """None of them is looked at before it is counted."""
    now, buckets = timezone.now(), [attempts.of_account("ann"), attempts.of_address("192.0.2.1")]
    waits = [attempts.enter(buckets, now) for _ in range(40)]
    assert waits == [0] * 10 + [900] * 30
    assert WrongAttempt.objects.count() == 20

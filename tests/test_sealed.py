"""Secrets: sealed in the store, opened only when asked for, printed nowhere."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext, isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from sojourn import sealed
from sojourn.errors import UserError
from sojourn.sealed import SealedField, Secret

CANARY = "canary-7f3a-é-\N{SNOWMAN}"
OTHER_KEY = "another key of more than thirty characters"


def shown(value: Any) -> str:
    """Every way in which a value gets into texts."""
    try:
        raise ValueError(value)
    except ValueError:
        trace = traceback.format_exc()
    record = logging.LogRecord("a", 20, "p", 1, "%s %r", (value, [value]), None).getMessage()
    return f"{value} {value!r} {value!s} {[value]} {trace} {record}"


def test_a_secret_shows_itself_to_nobody_but_who_asks() -> None:
    secret = Secret(CANARY)
    assert secret.reveal() == CANARY
    assert "canary" not in shown(secret)
    assert "(secret)" in shown(secret)
    assert "canary" not in secret.sealed
    assert not hasattr(secret, "__dict__")


def test_a_secret_is_neither_json_nor_pickled_nor_hashed() -> None:
    secret = Secret(CANARY)
    for use in (json.dumps, pickle.dumps, copy.copy, hash):
        with pytest.raises(TypeError) as error:
            use(secret)
        assert "canary" not in str(error.value)


def test_secrets_are_equal_where_their_texts_are() -> None:
    assert Secret("a") == Secret.of_sealed(Secret("a").sealed)
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


@given(st.text())
def test_what_is_sealed_is_opened_again_and_sealed_differently_each_time(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    first, second = Secret(text).sealed, Secret(text).sealed
    assert first != second
    assert Secret.of_sealed(first).reveal() == Secret.of_sealed(second).reveal() == text


def test_an_older_key_opens_what_it_sealed_and_no_other_does(settings: Any) -> None:
    token = Secret(CANARY).sealed
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = OTHER_KEY
    assert Secret.of_sealed(token).reveal() == CANARY
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(UserError, match="sealed with another key; put that into SECRET_KEY_FALLBACKS, or enter"):
        Secret.of_sealed(token).reveal()


@pytest.mark.parametrize("place", [0, 10, -1])
def test_what_was_tampered_with_is_not_opened(place: int) -> None:
    token = bytearray(Secret(CANARY).sealed.encode())
    token[place] = ord("A") if token[place] != ord("A") else ord("B")
    with pytest.raises(UserError):
        Secret.of_sealed(token.decode()).reveal()


def test_the_form_is_fernet_under_a_key_of_its_own(settings: Any) -> None:
    """Computed by hand with HMAC (RFC 5869), not by the library that the code uses."""
    import base64
    import hashlib
    import hmac

    settings.SECRET_KEY = OTHER_KEY
    extracted = hmac.new(bytes(32), OTHER_KEY.encode(), hashlib.sha256).digest()
    expanded = hmac.new(extracted, b"sojourn: texts kept sealed, 1\x01", hashlib.sha256).digest()
    fernet = Fernet(base64.urlsafe_b64encode(expanded))
    assert fernet.decrypt(Secret(CANARY).sealed.encode()).decode() == CANARY


@pytest.fixture
def vault(transactional_db: None) -> Iterator[type[models.Model]]:
    """A table with a secret in each row."""
    with isolate_apps("sojourn.history"):

        class Vault(models.Model):
            token = SealedField(null=True)

            class Meta:
                app_label = "history"

        with connection.schema_editor() as editor:
            editor.create_model(Vault)
        yield Vault
        with connection.schema_editor() as editor:
            editor.delete_model(Vault)


def kept(vault: Any) -> list[str | None]:
    """What the store itself has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT token FROM {vault._meta.db_table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_the_store_has_it_sealed_and_no_query_shows_it(vault: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with CaptureQueriesContext(connection) as queries:
        vault.objects.create(token=Secret(CANARY))
        vault.objects.create(token=None)
        found = vault.objects.order_by("pk")[0]
        found.save()
    assert found.token.reveal() == CANARY
    assert vault.objects.order_by("pk")[1].token is None
    assert kept(vault)[0].startswith("gAAAA")
    everything = f"{kept(vault)} {queries.captured_queries} {caplog.text} {shown(found)} {shown(found.token)}"
    assert "canary" not in everything


def test_a_row_that_is_saved_again_keeps_what_it_has(vault: Any) -> None:
    vault.objects.create(token=Secret(CANARY))
    before = kept(vault)
    vault.objects.get().save()
    assert kept(vault) == before


def test_a_text_that_is_no_secret_is_refused_and_not_repeated(vault: Any) -> None:
    with pytest.raises(TypeError, match="token takes a Secret, not str") as error:
        vault.objects.create(token=CANARY)
    assert "canary" not in str(error.value)


def test_nothing_is_found_by_a_secret(vault: Any) -> None:
    vault.objects.create(token=None)
    assert vault.objects.filter(token__isnull=True).count() == 1
    for lookup in ("token", "token__contains", "token__in"):
        with pytest.raises(FieldError, match="nothing is found by it but whether there is one, token__isnull"):
            vault.objects.filter(**{lookup: Secret(CANARY)}).exists()


def test_a_dump_shows_it_sealed_and_can_be_loaded(vault: Any) -> None:
    vault.objects.create(token=Secret(CANARY))
    text = serializers.serialize("json", vault.objects.all())
    assert "canary" not in text
    token = json.loads(text)[0]["fields"]["token"]
    assert token == kept(vault)[0]
    assert vault._meta.get_field("token").to_python(token).reveal() == CANARY


def test_a_change_of_keys(vault: Any, settings: Any) -> None:
    first_key = settings.SECRET_KEY
    for text in ("a", "b"):
        vault.objects.create(token=Secret(text))
    vault.objects.create(token=None)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OTHER_KEY, [first_key]
    vault.objects.create(token=Secret("c"))
    assert sealed.count([vault]) == (3, 0)
    assert sealed.reseal([vault]) == 3
    settings.SECRET_KEY_FALLBACKS = []
    assert sealed.count([vault]) == (3, 0)
    assert [one.token and one.token.reveal() for one in vault.objects.order_by("pk")] == ["a", "b", None, "c"]


def test_nothing_is_sealed_anew_where_one_cannot_be_opened(vault: Any, settings: Any) -> None:
    first_key = settings.SECRET_KEY
    vault.objects.create(token=Secret("a"))
    settings.SECRET_KEY = OTHER_KEY
    vault.objects.create(token=Secret("b"))
    before = kept(vault)
    for key in (first_key, OTHER_KEY):
        settings.SECRET_KEY = key
        assert sealed.count([vault]) == (2, 1)
        with pytest.raises(UserError):
            sealed.reseal([vault])
        assert kept(vault) == before


@pytest.mark.django_db
def test_without_a_list_all_tables_are_looked_at() -> None:
    assert sealed.count() == (0, 0)
    assert sealed.reseal() == 0

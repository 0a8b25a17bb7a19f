"""Texts that are kept sealed: encrypted in the store with the instance's key, and printed nowhere.

They are sealed with Fernet (AES-128-CBC and HMAC-SHA256) under a key that is derived from SECRET_KEY; keys of
SECRET_KEY_FALLBACKS still open what they sealed. A text is opened only when it is asked for.
"""

import base64
import hmac
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models, transaction

from sojourn.errors import UserError

_Set = TypeVar("_Set")
_Get = TypeVar("_Get")
_PURPOSE = b"sojourn: texts kept sealed, 1"
_SHOWN = "(secret)"
_LOST = (
    "A secret in the store was sealed with another key; put that into SECRET_KEY_FALLBACKS, or enter the secret anew."
)


class Secret:
    """A text that shows itself to nobody but who asks for it by `reveal`."""

    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("_sealed", "_text")

    def __init__(self, text: str) -> None:
        self._text: str | None = text
        self._sealed: str | None = None

    @classmethod
    def of_sealed(cls, sealed: str) -> "Secret":
        """A secret as the store has it; it is opened when it is revealed."""
        secret = cls("")
        secret._text, secret._sealed = None, sealed
        return secret

    @property
    def sealed(self) -> str:
        """The text as it is kept: encrypted, as ASCII."""
        if self._sealed is None:
            self._sealed = _sealer().encrypt(self.reveal().encode()).decode()
        return self._sealed

    def reveal(self) -> str:
        """The text; raises UserError where it was sealed with a key that is not known any more."""
        if self._text is None:
            try:
                self._text = _sealer().decrypt((self._sealed or "").encode()).decode()
            except InvalidToken:
                raise UserError(_LOST) from None
        return self._text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.reveal().encode(), other.reveal().encode())

    def __repr__(self) -> str:
        return _SHOWN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


class SealedField(models.TextField[_Set, _Get]):
    """A field that holds a Secret, or None. Nothing is found by it: the same text is sealed differently each time."""

    def get_prep_value(self, value: Any) -> str | None:
        """What the store keeps; raises TypeError for a text that is no Secret, without repeating it."""
        if value is None:
            return None
        if not isinstance(value, Secret):
            raise TypeError(f"{self.name} takes a Secret, not {type(value).__name__}")
        return value.sealed

    def from_db_value(self, value: str | None, *_: object) -> Secret | None:
        """The secret of what the store has."""
        return None if value is None else Secret.of_sealed(value)

    def to_python(self, value: Any) -> Secret | None:
        """The secret of what a dump has: the text as it is kept."""
        return Secret.of_sealed(value) if isinstance(value, str) else value

    def value_to_string(self, obj: models.Model) -> str:
        """What a dump shows: the text as it is kept."""
        return self.get_prep_value(self.value_from_object(obj)) or ""

    def get_lookup(self, lookup_name: str) -> Any:
        """Only whether there is one."""
        if lookup_name != "isnull":
            raise FieldError(
                f"{self.name} is sealed: nothing is found by it but whether there is one, {self.name}__isnull"
            )
        return super().get_lookup(lookup_name)


def reseal(every: Iterable[type[models.Model]] | None = None) -> int:
    """Seal all secrets of the store with the key in force; the answer is how many.

    Raises UserError, having changed nothing, where one cannot be opened.
    """
    count = 0
    with transaction.atomic():
        for model, field in _fields(every):
            for row in model._base_manager.select_for_update().filter(**{f"{field}__isnull": False}).only("pk", field):
                setattr(row, field, Secret(getattr(row, field).reveal()))
                row.save(update_fields=[field])
                count += 1
    return count


def count(every: Iterable[type[models.Model]] | None = None) -> tuple[int, int]:
    """How many secrets the store has, and how many of them cannot be opened."""
    total = lost = 0
    for model, field in _fields(every):
        for secret in model._base_manager.filter(**{f"{field}__isnull": False}).values_list(field, flat=True):
            total += 1
            lost += not _opens(secret)
    return total, lost


def _fields(every: Iterable[type[models.Model]] | None) -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models() if every is None else every:
        yield from ((model, field.name) for field in model._meta.concrete_fields if isinstance(field, SealedField))


def _opens(secret: Secret) -> bool:
    try:
        secret.reveal()
    except UserError:
        return False
    return True


def _sealer() -> MultiFernet:
    return _sealer_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _sealer_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    """A Fernet key of its own for this purpose (RFC 5869)."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(key.encode())
    return base64.urlsafe_b64encode(derived)

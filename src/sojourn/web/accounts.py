"""Who may sign in."""

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from sojourn.access import granting
from sojourn.errors import Refused, UserError


def add(name: str, password: str, role: str = "") -> None:
    """Make an account, with a role where one is named.

    Raises UserError where the name is taken, the password is weak, or there is no such role.
    """
    users = get_user_model()
    if users.objects.filter(username=name).exists():
        raise UserError(f"There is a user {name!r} already.")
    user = users(username=name)
    try:
        user.full_clean(exclude=["password"])
        validate_password(password, user)
    except ValidationError as error:
        raise UserError(" ".join(error.messages)) from error
    user.set_password(password)
    with transaction.atomic():
        user.save()
        if role:
            granting.give(name, role)


def set_email(name: str, address: str) -> None:
    """Say which e-mail address is an account's, which the operator vouches for; an empty one takes it away.

    Raises Refused or UserError where there is no such account, the address is none, or it is another's.
    """
    user = granting.user(name)
    try:
        validate_email(address) if address else None
    except ValidationError:
        raise Refused("address", f"{address!r:.80} is no e-mail address") from None
    if address and EmailAddress.objects.filter(email__iexact=address).exclude(user=user).exists():
        raise UserError(f"{address} is the address of another account.")
    with transaction.atomic():
        EmailAddress.objects.filter(user=user).delete()
        if address:
            EmailAddress.objects.create(user=user, email=address.lower(), verified=True, primary=True)
        user.email = address
        user.save(update_fields=["email"])

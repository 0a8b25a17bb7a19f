"""Who may sign in."""

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from sojourn.access import granting
from sojourn.errors import UserError


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

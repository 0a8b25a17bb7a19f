"""Who may sign in."""

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from sojourn.errors import UserError


def add(name: str, password: str) -> None:
    """Make an account; raises UserError where the name is taken or the password is weak."""
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
    user.save()

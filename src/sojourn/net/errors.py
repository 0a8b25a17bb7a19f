"""What goes wrong with an outgoing call. No message holds a word of the answer, nor the path or query of the address.

Paths and queries hold secrets, as those of private calendar feeds; answers may come from where the reader may not look.
"""

from sojourn.errors import UserError


class AddressRefused(UserError):
    """The call was not made: the address is none that may be called."""


class CallFailed(UserError):
    """The call was made and brought no usable answer."""


class NoAnswer(CallFailed):
    """The call was made and brought none or half of an answer; the same call may bring one another time."""

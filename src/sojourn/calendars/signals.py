"""What others may listen to."""

from django.dispatch import Signal

calendars_changed = Signal()
"""Sent in the transaction that saves: `names`, of the calendars that may count other time than before."""

"""What others may listen to."""

from django.dispatch import Signal

issue_written = Signal()
"""Sent by `write.Writer` for each batch, in the transaction that writes: `site`, the Site, and `issues`, the numbers of
work items that were written, or, where `gone` is true, are gone."""

permissions_changed = Signal()
"""Sent where the source of a site says that somebody may see more or less than before: `site`, its primary key."""

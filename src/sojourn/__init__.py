"""Sojourn: how long work items stayed where they were, and whether that was in time."""

__version__ = "0.1.0"

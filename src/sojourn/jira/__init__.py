"""Jira: the source of the history, and the only room that knows its JSON."""

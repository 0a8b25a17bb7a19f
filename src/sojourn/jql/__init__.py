"""JQL: choosing work items the way Jira users do."""

from sojourn.jql.errors import JqlError
from sojourn.jql.parser import parse

__all__ = ["JqlError", "parse"]

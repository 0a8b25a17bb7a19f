"""The options of reports as JSON Schema and as OpenAPI parameters, made from the menu."""

from typing import Any

from sojourn.reports import formats
from sojourn.reports.menu import Entry, Option

MOST_PER_PAGE = 10_000
_CALENDAR = "The calendar that says what counts as working time, by name."  # no files of the server
PAGING: dict[str, dict[str, Any]] = {
    "format": {
        "type": "string",
        "enum": list(formats.FORMATS),
        "default": "json",
        "description": "What is sent. All formats are streamed.",
    },
    "per_page": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_PER_PAGE,
        "description": "Answer in pages of so many work items; of so many rows where the report is sorted, limited, or "
        "not by work item. JSON only.",
    },
    "cursor": {
        "type": "string",
        "description": "`next_cursor` of the page before. It holds the options and the moment of the first page.",
    },
}
"""What REST takes beside the options of the report."""


def of(entry: Entry) -> dict[str, Any]:
    """The JSON Schema of a report's options: of the body of a POST."""
    properties = {name: _or_null(shape) for name, shape in _members(entry).items()}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def parameters(entry: Entry) -> list[dict[str, Any]]:
    """The OpenAPI parameters of a report: of the query of a GET."""
    found = []
    for name, schema in _members(entry).items():
        shape = _in_query({key: value for key, value in schema.items() if key != "description"})
        found.append(
            {"name": name, "in": "query", "required": False, "description": schema["description"], "schema": shape}
        )
    return found


def kinds(entry: Entry) -> dict[str, str]:
    """The JSON type of each option."""
    return {name: str(shape["type"]) for name, shape in _members(entry).items()}


def _members(entry: Entry) -> dict[str, dict[str, Any]]:
    return {option.name: _option(option) for option in entry.options} | PAGING


def _or_null(shape: dict[str, Any]) -> dict[str, Any]:
    """The schema of a member of a body, where null says nothing, and one text stands for a list of it."""
    enum = {"enum": [*shape["enum"], None]} if "enum" in shape else {}
    types = ["array", "string"] if shape["type"] == "array" else [shape["type"]]
    return {**shape, "type": [*types, "null"], **enum}


def _in_query(shape: dict[str, Any]) -> dict[str, Any]:
    """The schema of a text in an address, where an empty one says nothing, as forms send it."""
    if "items" in shape:
        return {**shape, "items": _in_query(shape["items"])}
    return {**shape, "enum": [*shape["enum"], ""]} if "enum" in shape else shape


def _option(option: Option) -> dict[str, Any]:
    description = _CALENDAR if option.name == "calendar" else option.meaning
    one: dict[str, Any] = {"type": "string"}
    if option.is_switch:
        return {"type": "boolean", "default": option.default == "true", "description": description}
    if option.name == "limit":
        return {"type": "integer", "minimum": 1, "description": description}
    if option.choices:
        one["enum"] = list(option.choices)
    if option.many:
        return {"type": "array", "items": one, "description": description}
    if option.default:
        one["default"] = option.default
    return {**one, "description": description}

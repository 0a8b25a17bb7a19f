"""Calls and answers held against Atlassian's description of the Jira Cloud REST API."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

from sojourn.jira.simulator import Exchange

_READABLE = {"string": str, "integer": int, "boolean": lambda text: {"true": True, "false": False}[text], "array": str}


class Description:
    """The description. OpenAPI 3.0's schemas are those of JSON Schema's draft 4, but for `nullable`.

    Jira writes null for what is empty where its description tells of a text, so nulls are left out before looking.
    """

    def __init__(self, path: Path) -> None:
        self._document = json.loads(path.read_text())
        # Several patterns fit /issue/bulkfetch: the one with the fewest placeholders is meant.
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", pattern)), methods)
            for pattern, methods in sorted(self._document["paths"].items(), key=lambda path: path[0].count("{"))
        ]

    def problems(self, exchange: Exchange) -> list[str]:
        """What in a call, and in its answer where that is sound, is not as described."""
        method = exchange.endpoint.partition(" ")[0].lower()
        fitting = [
            methods for pattern, methods in self._paths if pattern.fullmatch(exchange.path) and method in methods
        ]
        if not fitting:
            return [f"{exchange.endpoint} is not described"]
        asked = fitting[0][method]
        found = [*self._query(asked, exchange), *self._body(asked, exchange)]
        if exchange.is_sound:
            found += self._answer(asked, exchange)
        return [f"{exchange.endpoint}: {problem}" for problem in found]

    def _query(self, asked: dict[str, Any], exchange: Exchange) -> list[str]:
        known = {one["name"]: one for one in asked.get("parameters", []) if one["in"] == "query"}
        found = [f"the parameter {name} is not described" for name in exchange.query if name not in known]
        found += [
            f"{name} is missing" for name, one in known.items() if one.get("required") and name not in exchange.query
        ]
        for name, text in exchange.query.items():
            schema = known.get(name, {}).get("schema", {})
            if schema.get("type", "string") != "array":
                found += self._differences(_READABLE[schema.get("type", "string")](text), schema)
        return found

    def _body(self, asked: dict[str, Any], exchange: Exchange) -> list[str]:
        if "requestBody" not in asked:
            return ["a body is sent where none is described"] if exchange.body else []
        return self._differences(json.loads(exchange.body), _schema(asked["requestBody"]))

    def _answer(self, asked: dict[str, Any], exchange: Exchange) -> list[str]:
        described = asked["responses"].get(str(exchange.status))
        if described is None:
            return [] if exchange.status in (401, 429) else [f"the status {exchange.status} is not described"]
        if not described.get("content"):
            return []
        return self._differences(_without_nulls(json.loads(exchange.answer)), _schema(described))

    def _differences(self, value: Any, schema: dict[str, Any]) -> list[str]:
        whole = {**schema, "components": self._document["components"]}
        return [
            f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
            for error in Draft4Validator(whole).iter_errors(value)
        ]


@cache
def description(path: Path) -> Description:
    return Description(path)


def _schema(described: dict[str, Any]) -> dict[str, Any]:
    return described["content"]["application/json"]["schema"]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    if isinstance(value, dict):
        return {name: _without_nulls(part) for name, part in value.items() if part is not None}
    return value

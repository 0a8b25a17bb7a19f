"""Long texts of Jira as plain text: as they are from REST v2, out of a document tree (ADF) from REST v3."""

from typing import Any

_INLINE = {"text", "mention", "emoji", "status", "inlineCard", "date"}
_NAMES = ("text", "shortName", "url")
"""Where nodes that are not text have what a reader sees of them."""


def plain(value: Any) -> str:
    """The text of a description, an environment or a comment; blocks are set apart, words within one are not.

    >>> word = [{"type": "text", "text": "Log"}, {"type": "text", "text": "in", "marks": [{"type": "strong"}]}]
    >>> plain({"type": "doc", "content": [{"type": "paragraph", "content": word}, {"type": "rule"}]})
    'Login'
    """
    if isinstance(value, dict):
        return "".join(_parts(value)).strip()
    return "" if value is None else str(value)


def _parts(node: dict[str, Any]) -> list[str]:
    attributes = node.get("attrs")
    found = [node["text"]] if isinstance(node.get("text"), str) else []
    if not found and isinstance(attributes, dict):
        found = [str(attributes[name]) for name in _NAMES if attributes.get(name)][:1]
    content = node.get("content")
    for child in content if isinstance(content, list) else []:
        if isinstance(child, dict):
            found += _parts(child)
    return found if node.get("type") in _INLINE else ["\n", *found, "\n"]

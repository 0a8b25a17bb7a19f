"""Long texts: plain, or out of the document trees of REST v3; kept only where the setting says so."""

from typing import Any

import pytest

from sojourn.errors import Refused
from sojourn.jira.payload import Reader
from sojourn.jira.texts import plain
from tests.builders import issue


def text(words: str, *marks: str) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": [{"type": mark} for mark in marks]}


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "content": list(content), "attrs": attrs}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("h1. *Plain* text", ["h1.", "*Plain*", "text"]),
        (None, []),
        (7, ["7"]),
        (node("doc", node("paragraph", text("Log"), text("in", "strong"), text(" fails"))), ["Login", "fails"]),
        (node("doc", node("heading", text("One"), level=1), node("paragraph", text("two"))), ["One", "two"]),
        (node("doc", node("paragraph", text("one"), {"type": "hardBreak"}, text("two"))), ["one", "two"]),
        (node("bulletList", node("listItem", node("paragraph", text("a"))), node("listItem", text("b"))), ["a", "b"]),
        (node("table", node("tableRow", node("tableCell", text("a")), node("tableCell", text("b")))), ["a", "b"]),
        (node("paragraph", text("ask "), node("mention", id="5b", text="@Ann Lee")), ["ask", "@Ann", "Lee"]),
        (node("paragraph", node("emoji", shortName=":smile:")), [":smile:"]),
        (
            node("paragraph", text("see "), node("inlineCard", url="https://a.example/b")),
            ["see", "https://a.example/b"],
        ),
        (node("codeBlock", text("x = 1"), language="python"), ["x", "=", "1"]),
        (node("mediaSingle", node("media", id="f00", type="file")), []),
        ({"type": "doc", "content": None, "attrs": "x", "text": 7}, []),
        ({"type": "doc", "content": ["x", None, [text("y")]]}, []),
        ({}, []),
    ],
)
def test_a_text_is_read_as_a_reader_sees_it(value: Any, words: list[str]) -> None:
    assert plain(value).split() == words


def test_texts_are_read_where_they_are_kept_each_comment_for_itself() -> None:
    body = node("doc", node("paragraph", text("second")))
    comments = [{"id": "1", "created": 1704103200000, "body": "first"}, {"id": "2", "created": 1704103200001}]
    page = {"comments": [*comments, {"id": "3", "created": 1704103200002, "body": body}]}
    payload = issue(description=body, environment="Linux", comment=page)
    kept = Reader(keep_texts=True).read(payload)
    assert kept.texts == {"description": ["second"], "environment": ["Linux"], "comment": ["first", "", "second"]}
    assert Reader().read(payload).texts == {}
    assert Reader(keep_texts=True).read(issue(description=None, comment={"comments": []})).texts == {}


def test_a_document_that_is_nested_too_deeply_is_refused() -> None:
    document: dict[str, Any] = text("deep")
    for _ in range(2000):
        document = node("panel", document)
    with pytest.raises(Refused, match="nested too deeply"):
        Reader(keep_texts=True).read(issue(description=document))

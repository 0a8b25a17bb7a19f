"""A text as a query, or the first mistake in it."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, UnexpectedToken
from lark.lexer import Lexer
from lark.parsers.lalr_interactive_parser import InteractiveParser

from sojourn.jql.ast import Query
from sojourn.jql.build import Build
from sojourn.jql.errors import JqlError
from sojourn.jql.mistakes import explained
from sojourn.jql.tokens import tokens_of

MAX_CHARACTERS = 100_000
MAX_DEPTH = 50
"""How deep brackets and NOTs may be nested, together. A tree is at most twice as deep: recursion may walk it."""


def parse(text: str) -> Query:
    """The query that a text says; of a blank text the one that finds all.

    Raises JqlError where the text is no JQL, is longer than MAX_CHARACTERS or nested deeper than MAX_DEPTH.
    """
    refuse_too_long(text)
    tokens = tokens_of(text)
    _refuse_too_deep(text, tokens)
    reading = reader()
    try:
        feed(reading, tokens)
        return cast(Query, reading.feed_eof())  # type: ignore[no-untyped-call]
    except UnexpectedToken as error:
        index = next((i for i, token in enumerate(tokens) if token is error.token), len(tokens))
        raise explained(text, tokens, index, _accepted_after(tokens[:index])) from None


def reader() -> InteractiveParser:
    """A parser at the start of a query, to be fed with tokens."""
    return _grammar().parse_interactive()


def feed(reading: InteractiveParser, tokens: list[Token]) -> None:
    """Raises UnexpectedToken at the first that the parser does not take."""
    for token in tokens:
        reading.feed_token(token)


def _accepted_after(tokens: list[Token]) -> set[str]:
    """Read anew: a parser that met a token it does not take has forgotten some of what it would have taken."""
    reading = reader()
    feed(reading, tokens)
    return accepted_by(reading)


def accepted_by(reading: InteractiveParser) -> set[str]:
    """The kinds of token, and the marks, that a parser would take next."""
    return cast(set[str], reading.accepts())  # type: ignore[no-untyped-call]


@cache
def _grammar() -> Lark:
    source = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(source, parser="lalr", lexer=_Fed, start="query", transformer=Build(), keep_all_tokens=True)


class _Fed(Lexer):
    """Lark wants a lexer; ours stands outside, and its tokens are fed."""

    def __init__(self, _: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        raise NotImplementedError("tokens are fed")


def refuse_too_long(text: str) -> None:
    """Raises JqlError where a text has more than MAX_CHARACTERS."""
    if len(text) > MAX_CHARACTERS:
        message = f"the query has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read"
        raise JqlError(message, text, MAX_CHARACTERS, len(text))


def _refuse_too_deep(text: str, tokens: list[Token]) -> None:
    if len(tokens) <= MAX_DEPTH:
        return
    opened: list[int] = []
    depth = negations = 0
    for token in tokens:
        if token.type in ("NOT", "BANG"):
            negations += 1
        else:
            if token.type == "LPAR":
                opened.append(negations + 1)
                depth += negations + 1
            elif token.type == "RPAR" and opened:
                depth -= opened.pop()
            negations = 0
        if depth + negations > MAX_DEPTH:
            message = f"brackets and NOTs are nested deeper than {MAX_DEPTH}"
            raise JqlError(message, text, cast(int, token.start_pos), cast(int, token.end_pos))

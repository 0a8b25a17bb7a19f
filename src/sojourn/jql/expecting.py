"""What may stand at a place in a query that is being typed: the seam on which completion is built.

The grammar's marks, such as A_FIELD, are never in a text. The parser is asked whether it would take them, and so tells
what a word would be, which the tokens alone do not.
"""

from dataclasses import dataclass
from typing import Literal, cast

from lark import Token, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from sojourn.jql.ast import Field, Operator, PredicateName
from sojourn.jql.parser import accepted_by, feed, reader, refuse_too_long
from sojourn.jql.quoting import unquoted
from sojourn.jql.tokens import end_of_word, tokens_of

Kind = Literal["field", "value", "function", "argument", "key", "number"]

_KINDS: dict[str, tuple[Kind, ...]] = {
    "A_FIELD": ("field",),
    "A_VALUE": ("value", "function"),
    "A_LIST": ("function",),
    "AN_ARGUMENT": ("argument",),
    "A_KEY": ("key",),
}
_OPERATORS: dict[str, tuple[Operator | Literal["changed"], ...]] = {
    "EQUALITY": ("=", "!="),
    "MATCH": ("~", "!~"),
    "ORDERING": (">", ">=", "<", "<="),
    "IN": ("in", "not in"),
    "IS": ("is", "is not"),
    "WAS": ("was", "was not", "was in", "was not in"),
    "CHANGED": ("changed",),
}
_PREDICATES = ("FROM", "TO", "BY", "BEFORE", "AFTER", "ON", "DURING")
_KEYWORDS = ("AND", "OR", "NOT", "IN", "EMPTY", *_PREDICATES, "ASC", "DESC", "ORDER")
_SYMBOLS = {"LPAR": "(", "RPAR": ")", "COMMA": ",", "LSQB": "[", "RSQB": "]"}
_PROBES = ("EQUALITY", *_KINDS, "EMPTY", "IN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expecting:
    """What may stand at the cursor, and what is in force there. All is empty where the text before it is no JQL.

    The word under the cursor reaches from `start` to `end`, quotes included, and is empty between words. `typed` is
    what of it stands before the cursor, without quotes; `quote` is the one it began with. A "key" stands in square
    brackets after a field, and "number" is that of a custom field. `operators` are whole ones; in the midst of one, as
    after `status WAS NOT`, what may follow is a keyword. `field`, `operator` and `predicate` (such as `by`) are those
    that a value belongs to; `function` is the one that takes the argument, which is counted from 0.
    """

    start: int
    end: int
    typed: str = ""
    quote: str = ""
    kinds: frozenset[Kind] = frozenset()
    operators: tuple[Operator | Literal["changed"], ...] = ()
    keywords: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    field: Field | None = None
    operator: Operator | Literal["changed", ""] = ""
    predicate: PredicateName | Literal[""] = ""
    function: str = ""
    argument: int = 0


def expected_at(text: str, cursor: int) -> Expecting:
    """What may stand at the cursor, an offset in the text, whatever comes after the word under it.

    Raises JqlError where the text is too long to read.
    """
    refuse_too_long(text)
    cursor = min(max(cursor, 0), len(text))
    before = tokens_of(text[:cursor])
    word = before.pop() if before and _half_typed(before[-1], cursor) else None
    reading = reader()
    try:
        feed(reading, before)
    except UnexpectedToken as error:
        if error.token is not before[-1] or error.token.type != "BANG" or error.token.end_pos != cursor:
            return Expecting(start=cursor, end=cursor)
        word = before.pop()
        reading = reader()
        feed(reading, before)
    return _at(reading, before, *_word(text, word, cursor))


def _half_typed(token: Token, cursor: int) -> bool:
    return token.end_pos == cursor and (token.type in ("WORD", "BROKEN") or token[-1].isalnum())


def _word(text: str, word: Token | None, cursor: int) -> tuple[int, int, str, str]:
    """Where the word under the cursor starts and ends, what was typed of it, and its quote."""
    if word is None:
        return cursor, cursor, "", ""
    start = cast(int, word.start_pos)
    quote = word[0] if word.type == "BROKEN" else ""
    return start, end_of_word(text, start, cursor), unquoted(f"{word}{quote}"), quote


def _at(reading: InteractiveParser, before: list[Token], start: int, end: int, typed: str, quote: str) -> Expecting:
    accepted = accepted_by(reading)
    kinds = [kind for mark, some in _KINDS.items() if mark in accepted for kind in some]
    if not kinds and "NUMBER" in accepted and before[-1].type == "LSQB":
        kinds = ["number"]
    operators = [operator for kind, some in _OPERATORS.items() if kind in accepted for operator in some]
    field, operator, predicate = _in_force(reading, accepted)
    function, argument = _call(before) if "AN_ARGUMENT" in accepted else ("", 0)
    return Expecting(
        start=start,
        end=end,
        typed=typed,
        quote=quote,
        kinds=frozenset(kinds),
        operators=tuple(operators) if "EQUALITY" in accepted else (),
        keywords=_keywords(accepted),
        symbols=_symbols(accepted, kinds),
        field=field,
        operator=operator,
        predicate=predicate,
        function=function,
        argument=argument,
    )


def _keywords(accepted: set[str]) -> tuple[str, ...]:
    if "EQUALITY" in accepted:
        return ()
    return tuple("ORDER BY" if kind == "ORDER" else kind for kind in _KEYWORDS if kind in accepted)


def _symbols(accepted: set[str], kinds: list[Kind]) -> tuple[str, ...]:
    """A bracket after a word would make it a function; only where nothing else can be is that worth saying."""
    idle = set() if kinds or accepted == {"LPAR"} else {"LPAR"}
    return tuple(symbol for kind, symbol in _SYMBOLS.items() if kind in accepted - idle)


def _in_force(
    reading: InteractiveParser, accepted: set[str]
) -> tuple[Field | None, Operator | Literal["changed", ""], PredicateName | Literal[""]]:
    """The field, operator and predicate that are still open. The parser is fed a last token to make up its mind."""
    probe = next((kind for kind in _PROBES if kind in accepted), None)
    if probe is None:
        return None, "", ""
    reading.feed_token(Token(probe, ""))
    values = reading.parser_state.value_stack
    at = max((index for index, value in enumerate(values) if isinstance(value, Field)), default=None)
    if at is None:
        return None, "", ""
    after = values[at + 1 :]
    operator = (
        after[0] if type(after[0]) is str or after[0].type in ("EQUALITY", "MATCH", "ORDERING", "CHANGED") else ""
    )
    predicates = [token.lower() for token in after if isinstance(token, Token) and token.type in _PREDICATES]
    return values[at], cast(Operator, operator.lower()), cast(PredicateName, predicates[-1] if predicates else "")


def _call(before: list[Token]) -> tuple[str, int]:
    """The function whose brackets are open, and how many arguments were given."""
    opened = max(index for index, token in enumerate(before) if token.type == "LPAR")
    return unquoted(before[opened - 1].value), sum(token.type == "COMMA" for token in before[opened:])

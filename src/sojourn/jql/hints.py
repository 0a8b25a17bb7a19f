"""What was probably meant where a query cannot be read. Each hint looks for one mistake that people make."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from lark import Token

from sojourn.jql.quoting import in_quotes
from sojourn.jql.words import KEYWORDS

_PLAIN = ("WORD", "NUMBER", "NEGATIVE", "RESERVED")
_OPERATORS = ("EQUALITY", "MATCH", "ORDERING", "IN", "IS", "WAS", "NOT")
_PREDICATES = ("BEFORE", "AFTER", "ON", "DURING", "BY", "FROM", "TO")
_TO_DO = {"\\": r"a backslash itself is written \\", ";": "leave it out"}
_CONNECTIVES = ("AND", "OR", "ORDER")
_KEYWORDS = frozenset(KEYWORDS.values())
_NAMED = frozenset(("A_FIELD", "A_VALUE", "A_LIST", "AN_ARGUMENT", "A_KEY"))
_FOR_LISTS = {"=": "IN", "!=": "NOT IN", "WAS": "WAS IN", "WAS NOT": "WAS NOT IN"}
_MISTAKEN_FOR = {
    "=": "==, equals, has",
    "!=": "<>, =!, not =, ! =",
    "~": "~=, =~, like, contains, matches",
    "!~": "not ~, not like, ! ~",
    "<=": "=<, < =",
    ">=": "=>, > =",
    "IS EMPTY": "isempty, isnull",
    "NOT IN": "notin, ! in",
    "field >= from AND field <= to": "between",
}
_MEANT = {wrong: right for right, wrongs in _MISTAKEN_FOR.items() for wrong in wrongs.split(", ")}


@dataclass(frozen=True)
class Place:
    """A token, or the end, that the parser does not take, and the kinds of token it would take there."""

    text: str
    tokens: list[Token]
    index: int
    accepted: set[str]

    def at(self, step: int) -> Token:
        """The token so many steps on; an empty one beyond the ends of the text."""
        index = self.index + step
        if 0 <= index < len(self.tokens):
            return self.tokens[index]
        end = len(self.text) if index >= 0 else 0
        return Token("$END", "", end, None, None, None, None, end)

    @property
    def token(self) -> Token:
        """What the parser does not take."""
        return self.at(0)

    def operator_before(self, step: int) -> str:
        """The operator that ends just before a step, such as `WAS NOT`; nothing where there is none."""
        words: list[str] = []
        while len(words) < 3 and (token := self.at(step - 1 - len(words))).type in _OPERATORS:
            words.insert(0, token.upper())
        return " ".join(words)

    def source(self, first: int, last: int) -> str:
        """The text from the token of one step to that of another."""
        return self.text[start(self.at(first)) : end(self.at(last))]


def start(token: Token) -> int:
    """The offset of its first character."""
    return cast(int, token.start_pos)


def end(token: Token) -> int:
    """The offset after its last character."""
    return cast(int, token.end_pos)


def hint_for(place: Place) -> str:
    """How the query was probably meant; nothing where that is anyone's guess."""
    return next(filter(None, (hint(place) for hint in _HINTS)), "")


def _illegal_character(place: Place) -> str:
    if place.token.type != "ILLEGAL":
        return ""
    if place.token.value in _TO_DO:
        return _TO_DO[place.token.value]
    first = last = 0
    while start(place.at(first)) == end(place.at(first - 1)) and place.at(first - 1).type in (*_PLAIN, "ILLEGAL"):
        first -= 1
    while end(place.at(last)) == start(place.at(last + 1)) and place.at(last + 1).type in (*_PLAIN, "ILLEGAL"):
        last += 1
    return f"quote it: {in_quotes(place.source(first, last))}"


def _operator_of_another_language(place: Place) -> str:
    token, before = place.token, place.at(-1)
    if token.type == "BANG":
        written = place.source(0, 1).lower()
    elif before.type in (*_OPERATORS, "BANG") and "A_FIELD" not in place.accepted:
        written = place.source(-1, 0).lower()
    else:
        written = token.lower() if "EQUALITY" in place.accepted else ""
    if token.type in _OPERATORS and token.lower() == before.lower() and written not in _MEANT:
        return f"leave out one {token.upper()}"
    return f"write {_MEANT[written]}" if written in _MEANT else ""


def _list_after_one(place: Place) -> str:
    operator = place.operator_before(0)
    if place.token.type != "LPAR" or "A_VALUE" not in place.accepted or not operator:
        return ""
    if operator in _FOR_LISTS:
        return f"for a list write {_FOR_LISTS[operator]} (…)"
    return f"{operator} takes one value; join several conditions with OR"


def _empty_with_another_operator(place: Place) -> str:
    operator = place.operator_before(0)
    if place.token.type == "EMPTY" and operator.endswith("IN"):
        return f"write {operator} ({place.token}), or {'IS NOT' if 'NOT' in operator else 'IS'} EMPTY"
    if operator in ("IS", "IS NOT") and place.token:
        return f"{operator} takes only EMPTY; write {'=' if operator == 'IS' else '!='} instead"
    return ""


def _predicate_of_another_operator(place: Place) -> str:
    if place.token.type not in _PREDICATES or "AND" not in place.accepted:
        return ""
    operators = "CHANGED" if place.token.type in ("FROM", "TO") else "WAS and CHANGED"
    return f"{place.token.upper()} goes with {operators} only"


def _dangling_connective(place: Place) -> str:
    before = place.at(-1)
    dangling = before.type in ("AND", "OR") and place.token.type in ("ORDER", "RPAR", "$END", "AND", "OR")
    return f"leave out the {before.upper()} before it" if dangling else ""


def _custom_field(place: Place) -> str:
    if place.token.type == "CF" or (place.at(-1).type == "CF" and "LSQB" in place.accepted):
        return 'a custom field is written cf[10010]; if the word is meant, quote it: "cf"'
    return ""


def _quote_in_quotes(place: Place) -> str:
    before = place.at(-1)
    touches = before.type == "QUOTED" and end(before) == start(place.token) and place.token.type in (*_PLAIN, "QUOTED")
    return rf"a quote in quotes is written \{before[0]}" if touches else ""


def _words_without_quotes(place: Place) -> str:
    """`status = In Progress`, `Story Points > 3`, `project = order`."""
    token, wanted = place.token, place.accepted & _NAMED
    if token.type in _CONNECTIVES:
        return _reserved(token) if wanted and "A_FIELD" not in wanted else ""
    if token.type not in _PLAIN and token.type not in _KEYWORDS:
        return ""
    if place.at(-1).type == "CF" or (not wanted and place.at(-1).type not in _PLAIN):
        return ""
    first, last = 0, 0
    while not wanted and place.at(first - 1).type in _PLAIN:
        first -= 1
    while place.at(last + 1).type in _PLAIN:
        last += 1
    return (
        _reserved(token) if first == last else f"what has blanks needs quotes: {in_quotes(place.source(first, last))}"
    )


def _reserved(token: Token) -> str:
    return f"a reserved word needs quotes: {in_quotes(token)}"


def _condition_after_order_by(place: Place) -> str:
    if place.token.type not in (*_OPERATORS, "AND", "OR"):
        return ""
    if place.at(-1).type == "ORDER":
        return _reserved(place.at(-1))
    order_by = any(token.type == "ORDER" for token in place.tokens[: place.index])
    return "conditions stand before ORDER BY" if order_by else ""


def _bracket(place: Place) -> str:
    opened: list[Token] = []
    for token in place.tokens[: place.index]:
        if token.type in ("LPAR", "LSQB"):
            opened.append(token)
        elif token.type in ("RPAR", "RSQB") and opened:
            opened.pop()
    if opened and place.accepted & {"RPAR", "RSQB"} and place.token.type == "$END":
        return f'close the "{opened[-1]}" at character {start(opened[-1]) + 1}'
    if place.token.type == "RPAR" and not opened:
        return "no bracket is open here"
    return ""


_HINTS: tuple[Callable[[Place], str], ...] = (
    _illegal_character,
    _quote_in_quotes,
    _operator_of_another_language,
    _list_after_one,
    _empty_with_another_operator,
    _predicate_of_another_operator,
    _dangling_connective,
    _custom_field,
    _condition_after_order_by,
    _words_without_quotes,
    _bracket,
)

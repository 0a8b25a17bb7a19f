"""What is wrong at a token that cannot stand where it stands, in words that a Jira user knows."""

from lark import Token

from sojourn.jql.errors import JqlError
from sojourn.jql.hints import Place, end, hint_for, start

_WORDS = {
    "A_FIELD": "a field",
    "EQUALITY": "an operator such as =, IN or IS",
    "A_VALUE": "a value",
    "A_LIST": "a list in brackets or a function",
    "AN_ARGUMENT": "an argument",
    "A_KEY": "a name",
    "NUMBER": "the number of a custom field",
    "EMPTY": "EMPTY",
    "IN": "IN",
    "AFTER": "a predicate such as BY",
    "COMMA": '","',
    "AND": "AND",
    "OR": "OR",
    "ASC": "ASC",
    "DESC": "DESC",
    "ORDER": "ORDER BY",
    "BY": "BY",
    "LPAR": '"("',
    "RPAR": '")"',
    "LSQB": '"["',
    "RSQB": '"]"',
    "$END": "the end of the query",
}
_SAID_BY = {
    "A_FIELD": {"NUMBER", "LPAR", "$END"},
    "EQUALITY": {"IN", "LSQB", "NUMBER"},
    "A_VALUE": {"NUMBER", "LPAR"},
    "A_LIST": {"NUMBER", "LPAR"},
    "AN_ARGUMENT": {"NUMBER"},
    "A_KEY": {"NUMBER"},
    "AND": {"LPAR", "$END"},
    "ASC": {"LSQB", "NUMBER"},
    "AFTER": {"BY"},
    "COMMA": {"LPAR", "$END"},
}
"""What goes without saying beside another: after a word a bracket would make it a function, and so on."""


def expected(accepted: set[str]) -> tuple[str, ...]:
    """In words what the parser would take, the likely first."""
    unsaid = set[str]().union(*(others for kind, others in _SAID_BY.items() if kind in accepted))
    return tuple(words for kind, words in _WORDS.items() if kind in accepted and kind not in unsaid)


def explained(text: str, tokens: list[Token], index: int, accepted: set[str]) -> JqlError:
    """The error at the token of this index, or at the end of the text, where the parser takes only what is accepted."""
    place = Place(text, tokens, index, accepted)
    if place.token.type == "BROKEN":
        return _broken(text, place.token)
    if accepted == {"LPAR"} and place.operator_before(-1).endswith("IN"):
        return _without_brackets(place)
    words = expected(accepted)
    found = f"found {_shown(place.token)}" if place.token.type != "$END" else "but the query ends here"
    message = f"expected {either(words)}, {found}"
    return JqlError(message, text, start(place.token), end(place.token), expected=words, hint=hint_for(place))


def either(words: tuple[str, ...]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _shown(token: Token) -> str:
    if not token.isprintable():
        return _code(token)
    return f'"{token}"' if token.type == "COMMA" else token


def _code(character: str) -> str:
    return f"the character U+{ord(character[0]):04X}"


def _without_brackets(place: Place) -> JqlError:
    """`IN a`: only what comes after the word shows that it was no function."""
    word, words = place.at(-1), ("a list in brackets or a function",)
    operator = place.operator_before(-1)
    message = f"expected {words[0]}, found {word}"
    return JqlError(message, place.text, start(word), end(word), expected=words, hint=f"write {operator} ({word})")


def _broken(text: str, token: Token) -> JqlError:
    at, quote = end(token), token[0]
    if at == len(text):
        return JqlError(f"the quote {quote} is not closed", text, start(token), at, hint=f"put a {quote} at its end")
    if text[at] == "\\":
        escape = text[at : at + 2]
        return JqlError(
            f"{escape} has no meaning in quotes", text, at, at + 2, hint=r"a backslash itself is written \\"
        )
    hint = r"write \t" if text[at] == "\t" else rf"write \u{ord(text[at]):04x}"
    return JqlError(f"{_code(text[at])} cannot stand in quotes", text, at, at + 1, hint=hint)

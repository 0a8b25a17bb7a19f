"""A text as a list of tokens, the words of the grammar.

Reading tokens never fails: what cannot be one is a token that no grammar rule knows, so that the parser reports the
first mistake in the text, of whichever kind it is.
"""

import re

from lark import Token

from sojourn.jql.quoting import ESCAPE, NO_CHARACTER, WORD
from sojourn.jql.words import kind_of

_SYMBOLS_OF = {
    "LPAR": "(",
    "RPAR": ")",
    "LSQB": "[",
    "RSQB": "]",
    "COMMA": ",",
    "BANG": "!",
    "AND": "& &&",
    "OR": "| ||",
    "EQUALITY": "= !=",
    "MATCH": "~ !~",
    "ORDERING": "> >= < <=",
}
_SYMBOLS = {symbol: kind for kind, symbols in _SYMBOLS_OF.items() for symbol in symbols.split()}
_INSIDE = {quote: rf"(?:[^{quote}\\{NO_CHARACTER}]|{ESCAPE})*+" for quote in "\"'"}
_READABLE = {quote: re.compile(quote + inside) for quote, inside in _INSIDE.items()}
_TOKEN = re.compile(
    rf"""[ \t\r\n]++
    |(?P<WORD>{WORD})
    |(?P<SYMBOL>[()\[\],~] | !=|!~|! | [<>]=?+ | = | &&?+ | \|\|?+)
    |(?P<QUOTED>"{_INSIDE['"']}" | '{_INSIDE["'"]}')
    |(?P<BROKEN>["'])
    |(?P<ILLEGAL>.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text.

    A quoted text that cannot be read is BROKEN, reaches as far as it can be, and is the last one. A character that may
    stand nowhere outside quotes is ILLEGAL.
    """
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        value, start, end = match[0], match.start(), match.end()
        if kind == "WORD":
            kind = kind_of(value)
        elif kind == "SYMBOL":
            kind = _SYMBOLS[value]
        elif kind == "BROKEN":
            return [*tokens, _broken(text, start)]
        tokens.append(Token(kind, value, start, None, None, None, None, end))
    return tokens


def end_of_word(text: str, start: int, cursor: int) -> int:
    """Where the word ends that starts here and goes on to the cursor at least.

    A quote opened here ends at the next one, if what is left then has no open quote; else it was not yet closed.
    """
    match = _TOKEN.match(text, start)
    if match is None or match.end() < cursor:
        return cursor
    if match.lastgroup == "QUOTED" and any(token.type == "BROKEN" for token in tokens_of(text[match.end() :])):
        return cursor
    return match.end()


def _broken(text: str, start: int) -> Token:
    readable = _READABLE[text[start]].match(text, start)
    end = readable.end() if readable else start + 1
    return Token("BROKEN", text[start:end], start, None, None, None, None, end)

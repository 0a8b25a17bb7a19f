r"""Words with and without quotes.

Without quotes a word has no blanks, brackets, quotes, operators or other characters that Jira keeps for itself. In
quotes, of either kind, stands anything but control characters other than line breaks. Everywhere a backslash escapes:
`\"`, `\'`, `\\`, `\n`, `\r`, `\t`, a blank, and `\u0041` with four hexadecimal digits.
"""

import re

from sojourn.jql.words import kind_of

ESCAPE = r"""\\(?:[nrt"'\\ ]|u[0-9A-Fa-f]{4})"""
WORD = rf"""(?:[^\x00-,/;-@\[-^{{-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]|{ESCAPE})++"""
NO_CHARACTER = r"\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"

CUSTOM_FIELD = re.compile(r"cf\[[0-9]+\]")
_BARE = re.compile(WORD)
_ESCAPE = re.compile(ESCAPE)
_MUST_ESCAPE = re.compile(rf'["\\\n\r{NO_CHARACTER}]')
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t", '"': r"\"", "\\": r"\\"}
_MEANING = {"n": "\n", "r": "\r", "t": "\t"}


def quoted(text: str) -> str:
    """The text as it stands in a query: bare where that is possible, otherwise in double quotes."""
    return text if _can_be_bare(text) else in_quotes(text)


def in_quotes(text: str) -> str:
    """The text in double quotes, whether it needs them or not."""
    return f'"{_MUST_ESCAPE.sub(_escaped, text)}"'


def unquoted(source: str) -> str:
    """What a word, with quotes or without, says. Half of a surrogate pair alone becomes U+FFFD."""
    if source[0] in "\"'":
        source = source[1:-1]
    if "\\" not in source:
        return source
    text = _ESCAPE.sub(_meaning, source)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def quoted_field(name: str, *, followed: bool) -> str:
    """The name of a field as it stands in a query: like a value, but `cf[10010]` stays bare, and so does no number with
    square brackets after it (`followed`).
    """
    if CUSTOM_FIELD.fullmatch(name):
        return name
    return in_quotes(name) if followed and kind_of(name) in ("NUMBER", "NEGATIVE") else quoted(name)


def _can_be_bare(text: str) -> bool:
    return (
        _BARE.fullmatch(text) is not None
        and "\\" not in text
        and text.isprintable()
        and kind_of(text) in ("WORD", "NUMBER", "NEGATIVE")
    )


def _escaped(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _meaning(match: re.Match[str]) -> str:
    escape = match[0][1:]
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _MEANING.get(escape, escape)

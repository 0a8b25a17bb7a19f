"""The words that mean something in JQL, or are kept so that they may one day, in any case; in quotes they are free."""

_KEYWORDS = "and or not in is was changed from to by before after on during order asc desc empty cf"
_RESERVED = """
abort access add alias alter any as audit avg begin between boolean break byte catch char character check checkpoint
collate collation column commit connect continue count create current date decimal declare decrement default defaults
define delete delimiter difference distinct divide do double drop else encoding end equals escape exclusive exec
execute exists explain false fetch field file first float for function go goto grant greater group having identified
if immediate increment index initial inner inout input insert int integer intersect intersection into isempty isnull
join last left less like limit lock long max min minus mode modify modulo more multiply next noaudit notin nowait
number object of option outer output power previous prior privileges public raise raw remainder rename resource return
returns revoke right row rowid rownum rows select session set share size sqrt start strict string subtract sum synonym
table then trans transaction trigger true uid union unique update user validate values view when whenever where while
with
"""

KEYWORDS = {**{word: word.upper() for word in _KEYWORDS.split()}, "null": "EMPTY"}
"""Each keyword's kind of token."""

RESERVED = frozenset(_RESERVED.split())
"""What Jira keeps for itself: a field or a value of this name needs quotes."""


def kind_of(word: str) -> str:
    """The kind of token an unquoted word is: a keyword's, RESERVED, NUMBER, NEGATIVE (number) or WORD."""
    if not word.isascii():
        return "WORD"
    lower = word.lower()
    if lower in KEYWORDS:
        return KEYWORDS[lower]
    if lower in RESERVED:
        return "RESERVED"
    if word.isdigit():
        return "NUMBER"
    return "NEGATIVE" if word.startswith("-") and word[1:].isdigit() else "WORD"

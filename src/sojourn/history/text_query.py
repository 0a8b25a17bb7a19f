"""What stands on the right of `~`, read as Jira reads it: Lucene's syntax, words joined by AND."""

import re
from dataclasses import dataclass
from typing import Final, NoReturn

from sojourn.errors import Refused
from sojourn.history.words import ANY, LONGEST, ONE, patterns, reserved, stem, tokens

_MOST_WORDS = 200
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Stem:
    """A word in any of its forms: the text has a word of that stem."""

    stem: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Exactly these words, one after the other."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word with wildcards: `*` for any number of characters, `?` for one. It begins with a letter or digit."""

    text: str


@dataclass(frozen=True, slots=True)
class Clauses:
    """All of `must`, or at least one of `should` where there is no `must`; and none of `must_not`."""

    must: "tuple[Words, ...]" = ()
    should: "tuple[Words, ...]" = ()
    must_not: "tuple[Words, ...]" = ()


Words = Stem | Phrase | Pattern | Clauses

NOTHING: Final = Clauses()
"""Matches no text; it is never a part of other clauses."""


def parse(text: str, language: str) -> Words:
    """What a text asks for, in the language that stems are made in.

    Words that Jira ignores (`words.reserved`) and marks without a letter or digit are passed over; where nothing is
    left, or only what must not be there, the answer is NOTHING, as in Jira. Raises Refused where there is no text,
    where Jira cannot read it, and where it asks for what is not answered here: fuzzy words, proximity, boosts, ranges.
    """
    return _Parser(text, language).parse()


_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | "(?P<phrase>(?:\\.|[^"\\])*)"
    | (?P<open>\()
    | (?P<close>\))
    | (?P<sign>[-+!])(?=[\w("\\])
    | (?P<modifier>[~^])
    | (?P<range>[\[{][^\[\]{}]*\sTO\s[^\[\]{}]*[\]}])
    | (?P<word>(?:\\.|[^\s()"!~^\\])+)
    | (?P<mark>[!\\])
    | (?P<quote>")
    """,
    re.VERBOSE | re.DOTALL,
)
_JOINS = {"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR"}
_NOT = {"NOT", "-", "!"}


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language
        self.words = 0
        self.parts = self._lex()
        self.place = 0

    def parse(self) -> Words:
        if not self.text.strip():
            raise Refused("~", "an empty text is not searched for; write a word, or use IS EMPTY")
        found = self._clauses(0)
        if self._kind() == "close":
            self._refuse("a bracket is closed that was not opened")
        return found or NOTHING

    def _lex(self) -> list[tuple[str, str]]:
        """The tokens by kind; what is not answered is refused here."""
        found: list[tuple[str, str]] = []
        for token in _TOKEN.finditer(self.text):
            kind, value = str(token.lastgroup), token[str(token.lastgroup)]
            if kind == "quote":
                self._refuse("a quote is not closed")
            if kind == "range":
                self._refuse(f"ranges such as {value} are not answered")
            if kind == "modifier":
                self._check_modifier(value, token.end(), found[-1][0] if found else "space")
            if kind == "word" and value in _JOINS:
                kind, value = "join", _JOINS[value]
            elif kind == "word" and value == "NOT":
                kind = "sign"
            found.append((kind, value))
        return [part for part in found if part[0] not in ("space", "mark", "modifier")]

    def _check_modifier(self, sign: str, end: int, before: str) -> None:
        is_last = re.compile(r"[\d.]*(?=[\s)]|$)").match(self.text, end)
        if before not in ("word", "phrase", "close") or not is_last:
            return
        what = "a boost (^)" if sign == "^" else "proximity (~)" if before == "phrase" else "a fuzzy word (~)"
        self._refuse(f"{what} is not answered; leave {sign}{is_last[0]} out, or write \\{sign} for the sign itself")

    def _kind(self) -> str:
        return self.parts[self.place][0] if self.place < len(self.parts) else "end"

    def _take(self) -> str:
        self.place += 1
        return self.parts[self.place - 1][1]

    def _clauses(self, depth: int) -> Words | None:
        """Clauses up to a closing bracket or the end, weighed as Lucene does where AND is the default."""
        found: list[tuple[str, Words]] = []
        start = self.place
        while self._kind() not in ("close", "end"):
            join = self._take() if self._kind() == "join" else ""
            if (join and self.place == start + 1) or self._kind() in ("join", "close", "end"):
                self._refuse("AND and OR stand between two words")
            sign = self._take() if self._kind() == "sign" else ""
            words = self._clause(depth)
            if join and found and found[-1][0] != "NOT":
                found[-1] = (join, found[-1][1])
            if words is not None:
                found.append(("NOT" if sign in _NOT else join or "AND", words))
        return _joined(found)

    def _clause(self, depth: int) -> Words | None:
        kind = self._kind()
        if kind == "word":
            return self._word(self._take())
        if kind == "phrase":
            return self._phrase(self._take())
        if kind != "open":
            self._refuse("NOT, +, - and ! stand before a word")
        if depth == _DEEPEST:
            self._refuse(f"brackets are nested more than {_DEEPEST} deep")
        self.place += 1
        if self._kind() == "close":
            self._refuse("there is nothing between two brackets; to search for signs, write \\ before each")
        found = self._clauses(depth + 1)
        if self._kind() != "close":
            self._refuse("a bracket is not closed")
        self.place += 1
        return found

    def _phrase(self, text: str) -> Words | None:
        found = tokens(re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL))
        self._count(len(found))
        return Phrase(tuple(found)) if found else None

    def _word(self, text: str) -> Words | None:
        """A run of characters: one word, or where signs split it several, all of which are asked for."""
        marked = _marked(text)
        found = patterns(marked) if ANY in marked or ONE in marked else tokens(marked)
        self._count(len(found))
        return _joined([("AND", one) for one in map(self._leaf, found) if one])

    def _leaf(self, word: str) -> Words | None:
        if ANY in word or ONE in word:
            return self._pattern(re.sub(f"{ANY}+", "*", word).replace(ONE, "?"))
        if word in reserved(self.language):
            return None
        found = stem(word, self.language)
        return Phrase((word,)) if found is None else Stem(found)

    def _pattern(self, text: str) -> Pattern:
        if text[0] in "*?":
            self._refuse(f"{text} begins with a wildcard; write at least one letter before it, or use IS NOT EMPTY")
        if len(text) > LONGEST:
            self._refuse(f"a word with wildcards has more than {LONGEST} characters")
        return Pattern(text)

    def _count(self, words: int) -> None:
        self.words += words
        if self.words > _MOST_WORDS:
            self._refuse(f"there are more than {_MOST_WORDS} words")

    def _refuse(self, problem: str) -> NoReturn:
        shown = self.text if len(self.text) <= 60 else f"{self.text[:60]}…"
        raise Refused(f"~ '{shown}'", problem)


def _marked(text: str) -> str:
    """A text with `ANY` and `ONE` for its wildcards; behind a backslash they are signs as others are."""
    wild = {"*": ANY, "?": ONE, ANY: " ", ONE: " "}

    def marked(found: re.Match[str]) -> str:
        escaped = found[1]
        return wild[found[0]] if escaped is None else " " if escaped in wild else escaped

    return re.sub(f"\\\\(.)|[*?{ANY}{ONE}]", marked, text, flags=re.DOTALL)


def _joined(found: list[tuple[str, Words]]) -> Words | None:
    """Clauses by what they are introduced with, as the fewest that say the same; None where there is none."""
    if not found:
        return None
    must = tuple(words for join, words in found if join == "AND")
    should = tuple(words for join, words in found if join == "OR" and words != NOTHING) if not must else ()
    must_not = tuple(words for join, words in found if join == "NOT" and words != NOTHING)
    if NOTHING in must or not (must or should):
        return NOTHING
    return (must or should)[0] if len(must or should) == 1 and not must_not else Clauses(must, should, must_not)

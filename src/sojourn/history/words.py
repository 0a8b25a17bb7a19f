"""The words of a text, as they are indexed and as they are asked for. Pure: the databases only index what is made here.

A text is split as Lucene's standard tokenizer does, in the main: runs of letters, digits and `_`; each ideograph and
each hiragana for itself. Case and accents are folded.
"""

import re
import unicodedata
from functools import cache, lru_cache

import snowballstemmer

NO_LANGUAGE = "none"
STEM = "·"
"""Stands before a stem in what is stored; no word has it."""
ANY, ONE = "\ue000", "\ue001"
"""Stand for the wildcards `*` and `?` in `patterns`; no word has them."""
LONGEST = 255
"""Characters of a word; a longer run is cut into several, as Lucene does."""
_MOST = 100_000
"""Characters stored of the words of one text: PostgreSQL indexes less than a megabyte of words and stems."""

_RESERVED = (
    "a and are as at be but by for if in into is it no not of on or s such t that the their then there these they this "
    "to was will with"
)
"""English words that Jira ignores where they stand alone; its manual calls them reserved."""

_INVISIBLE = re.compile("[\u00ad\u200c-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_ACCENTS = re.compile("(?<=[a-zα-ω])[\u0300-\u036f]+")


class _Pieces(dict[int, str]):
    """What becomes of each character: itself, itself alone, or a space."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        name = unicodedata.name(char, "")
        if name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA LETTER")):
            piece = f" {char} "
        else:
            piece = char if char == "_" or unicodedata.category(char)[0] in "LMN" else " "
        self[code] = piece
        return piece


_PIECES = _Pieces()
_PIECES_OF_PATTERNS = _Pieces({ord(ANY): ANY, ord(ONE): ONE})


def tokens(text: str) -> list[str]:
    """The words of a text in order, folded.

    >>> tokens("Café-Bar: the user's FOO_1 東京")
    ['cafe', 'bar', 'the', 'user', 's', 'foo_1', '東', '京']
    """
    found = [word for word in _split(text, _PIECES) if word[0].isalnum() or any(map(str.isalnum, word))]
    if len(text) <= LONGEST:
        return found
    return [word[start : start + LONGEST] for word in found for start in range(0, len(word), LONGEST)]


def patterns(text: str) -> list[str]:
    """The words of a text that has `ANY` and `ONE` in it; what has no letter at all is passed over."""
    found: list[str] = []
    for word in _split(text, _PIECES_OF_PATTERNS):
        if word[0] in (ANY, ONE) and found and _stands_alone(found[-1]):
            found[-1] += word
        elif any(char.isalnum() or char in (ANY, ONE) for char in word):
            found.append(word)
    return found


def stem(word: str, language: str) -> str | None:
    """What the forms of a word have in common; None where it has no forms: a number or an id has none."""
    if language == NO_LANGUAGE or (word.isascii() and not word.isalpha()):
        return None
    return _stem(word, language)


@lru_cache(maxsize=100_000)
def _stem(word: str, language: str) -> str:
    return str(snowballstemmer.stemmer(language).stemWord(word)) or word  # one a word: they hold state, threads share


@cache
def reserved(language: str) -> frozenset[str]:
    """The words that are ignored where they stand alone."""
    return frozenset(_RESERVED.split() if language == "english" else ())


def indexed(text: str, language: str) -> str:
    """What is stored of a text: its words in order, then the stems there are, a space on both sides of each.

    >>> indexed("Customers, customized", "english")
    ' customers customized ·custom '
    """
    found = tokens(text)
    if len(text) > _MOST or sum(map(len, found)) + len(found) > _MOST:
        found = " ".join(found)[:_MOST].rpartition(" ")[0].split(" ")
    return _stored(found, language)


def with_stems(stored: str, language: str) -> str:
    """What `indexed` makes in another language, from what it made in one."""
    return _stored([word for word in stored.split() if word[0] != STEM], language)


def _stored(found: list[str], language: str) -> str:
    ignored = reserved(language)
    stems = dict.fromkeys(stem(word, language) for word in found if word not in ignored)
    return f" {' '.join([*found, *(STEM + one for one in stems if one)])} "


def _split(text: str, pieces: _Pieces) -> list[str]:
    return (text.lower() if text.isascii() else _folded(text)).translate(pieces).split()


def _folded(text: str) -> str:
    """A text without case, compatibility forms and accents; letters that only look composed stay composed."""
    plain = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text)).casefold()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)))


def _stands_alone(word: str) -> bool:
    return len(word) == 1 and len(_PIECES[ord(word)]) > 1

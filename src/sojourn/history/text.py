"""Finding work items by their texts: what `~` asks, as a condition that holds on SQLite and on PostgreSQL.

The index only narrows the search down, on both databases by a query over the same words; what it cannot decide, the
order of words for one, is decided on the stored words. So both give the same answers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.db.models.sql.compiler import SQLCompiler

from sojourn.history import text_query
from sojourn.history.models import Site, Text
from sojourn.history.owners import owners
from sojourn.history.text_query import NOTHING, Clauses, Pattern, Phrase, Stem, Words
from sojourn.history.words import STEM, with_stems

FIELDS = ("summary", "description", "environment", "comment")
"""The fields that have texts; all but the summary only where the site's setting keeps texts."""

INDEX = "history_text_index"
_BATCH = 1000


def asked(text: str) -> Words:
    """What the right side of `~` asks for; raises Refused where it cannot be read (`text_query.parse`)."""
    return text_query.parse(text, settings.SOJOURN_TEXT_LANGUAGE)


def matching(fields: Sequence[str], words: Words) -> Q:
    """The work items that have a text which matches, for `Issue.objects.filter`.

    A text is one field of `FIELDS`, or one comment: all that is asked for has to be in it. The condition is true or
    false, never unknown, so `~matching(…)` holds for all other work items, those without a text too.
    """
    if words == NOTHING:
        return Q(pk__in=[])
    rows = Text.objects.filter(_Indexed(words), field__in=fields)
    if not _is_decided(words):
        rows = rows.filter(_condition(words))
    return owners(rows)


def having(fields: Sequence[str]) -> Q:
    """The work items that have a text in one of the fields, for `Issue.objects.filter`: true or false."""
    return Q(Exists(Text.objects.filter(issue=OuterRef("pk"), field__in=fields)))


def renew(language: str) -> None:
    """Make the stems of all texts anew in a language, at the sites where they were made in another."""
    for site in Site.objects.exclude(text_language=language):
        with transaction.atomic(), connection.cursor() as cursor:
            Site.objects.filter(pk=site.pk).update(text_language=language)  # writers of the site wait from here on
            last = 0
            while rows := list(_texts_after(site, last)):
                cursor.executemany(
                    "UPDATE history_text SET words = %s WHERE id = %s",
                    [(with_stems(words, language), number) for number, words in rows],
                )
                last = rows[-1][0]


def _texts_after(site: Site, number: int) -> Iterator[tuple[int, str]]:
    found = Text.objects.filter(issue__site=site, pk__gt=number).order_by("pk")
    yield from found.values_list("pk", "words")[:_BATCH]


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How an index is asked: a word, the beginning of a word, all of several, one of several."""

    word: str
    beginning: str
    all: str
    any: str


_SQLITE = _Dialect('"{}"', '"{}" *', " AND ", " OR ")
_POSTGRESQL = _Dialect("'{}'", "'{}':*", " & ", " | ")


def _narrowed(words: Words, dialect: _Dialect) -> str:
    """The query of an index for no fewer texts than those that match. Words hold no signs, so they need no escapes."""
    match words:
        case Stem(stem):
            return dialect.word.format(STEM + stem)
        case Phrase(found):
            return f"({dialect.all.join(dialect.word.format(word) for word in dict.fromkeys(found))})"
        case Pattern(text):
            return dialect.beginning.format(re.split("[*?]", text)[0])
        case Clauses(must, should, _):
            parts = [_narrowed(part, dialect) for part in must or should]
            return f"({(dialect.all if must else dialect.any).join(parts)})"


def _is_decided(words: Words) -> bool:
    """Whether all that the index finds matches."""
    match words:
        case Stem():
            return True
        case Phrase(found):
            return len(found) == 1
        case Pattern(text):
            return re.search("[*?]", text[:-1]) is None and text.endswith("*")
        case Clauses(must, should, must_not):
            return not must_not and all(map(_is_decided, must or should))


class _Indexed(Func):
    """Whether the index has a text for what is asked; it may have some that do not match."""

    output_field = BooleanField()

    def __init__(self, words: Words) -> None:
        super().__init__(F("pk"), F("words"))
        self.asked = words

    def as_sqlite(self, compiler: SQLCompiler, *_: Any, **__: Any) -> tuple[str, tuple[Any, ...]]:
        """A look into the FTS5 table that triggers keep."""
        key, parameters = compiler.compile(self.get_source_expressions()[0])
        found = f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s"  # noqa: S608 - a name of ours
        return f"{key} IN ({found})", (*parameters, _narrowed(self.asked, _SQLITE))

    def as_postgresql(self, compiler: SQLCompiler, *_: Any, **__: Any) -> tuple[str, tuple[Any, ...]]:
        """A comparison that the index over the same expression (migration 0004) answers.

        It is made of our words as they are: PostgreSQL's own parser would split them in other ways.
        """
        words, parameters = compiler.compile(self.get_source_expressions()[1])
        vector = f"array_to_tsvector(string_to_array(btrim({words}), ' '))"
        return f"{vector} @@ %s::tsquery", (*parameters, _narrowed(self.asked, _POSTGRESQL))


def _condition(words: Words) -> Q:
    """What is asked, as a condition on the stored words."""
    match words:
        case Stem(stem):
            return _holds(f" {STEM}{stem} ")
        case Phrase(found):
            return _holds(f" {' '.join(found)} ")
        case Pattern(text):
            return Q(words__regex=_regex(text))
        case Clauses(must, should, must_not):
            wanted = reduce(and_, map(_condition, must)) if must else reduce(or_, map(_condition, should))
            return reduce(and_, [~_condition(part) for part in must_not], wanted)


def _holds(text: str) -> Q:
    return Q(GreaterThan(StrIndex("words", Value(text)), 0))


def _regex(pattern: str) -> str:
    """A regular expression that finds a word of a pattern, in the syntax both databases have.

    After a `*` the next letters are taken where they first come, so that no word takes long; only the last ones have to
    stand at the end.
    """
    first, *rest = [re.sub(r"\?", "[^ ]", part) for part in pattern.split("*")]
    if not rest:
        return f" {first} "
    *inner, last = rest
    found = "".join(f"(?:(?!{part})[^ ])*{part}" for part in inner)
    return f" {first}{found}[^ ]*{last} "

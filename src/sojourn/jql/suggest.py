"""What somebody who types a query may want to go on with: fields, operators, values, functions and keywords."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sojourn.history.models import Issue
from sojourn.jql import catalogue, manual, offers, past, system, times
from sojourn.jql.asking import Asking, Clock, Meaning, Scope
from sojourn.jql.ast import Field
from sojourn.jql.choices import JIRA_ONLY, Choice
from sojourn.jql.compile import clock_of
from sojourn.jql.errors import JqlError
from sojourn.jql.expecting import Expecting, expected_at
from sojourn.jql.items import Key
from sojourn.jql.offers import Offer
from sojourn.jql.plain import CustomMoment, Day, Moment
from sojourn.jql.quoting import in_quotes, quoted, quoted_field, unquoted
from sojourn.jql.tokens import tokens_of

Kind = Literal["field", "operator", "value", "function", "keyword", "symbol"]
_HISTORY = ("was", "was not", "was in", "was not in", "changed")
_DATES = (Offer("-1d", detail="a day ago"), Offer("-1w", detail="a week ago"), Offer("-4w", detail="four weeks ago"))
_DURATIONS = tuple(Offer(text, detail="of time that counts") for text in ("4h", "1d", "3d", "1w"))
_STEPS = tuple(Offer(text, detail="further back" if text[0] == "-" else "further on") for text in ("-1", "+1"))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to go on: the text to insert, what kind of thing it is, how to show it, and a word about it."""

    text: str
    kind: Kind
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Ways to go on, each of which takes the place of the text from `start` to `end`."""

    start: int
    end: int
    suggestions: tuple[Suggestion, ...]


def suggest(text: str, cursor: int, asking: Asking, calendars: Sequence[str] = ()) -> Suggestions:
    """Ways to go on at the cursor, an offset in the text; none where the text before it is no JQL.

    `calendars` are the names of those there are. What begins with the word that was typed comes first. Of fields and of
    values there are at most `offers.MOST`. Raises JqlError where the text is too long to read.
    """
    told = expected_at(text, cursor)
    if "\0" in told.typed:  # no text of the store holds it, and PostgreSQL takes none
        return Suggestions(told.start, told.end, ())
    place = _Place(text, told, Scope(text, asking, Issue.objects.filter(asking.sight)), calendars)
    found = [one for part in (place.fields, place.values, place.functions) for one in part()]
    if not told.quote:
        found += [one for part in (place.operators, place.keywords, place.symbols) for one in part()]
    word = told.typed.casefold()
    found.sort(key=lambda one: not one.label.casefold().startswith(word))
    return Suggestions(told.start, told.end, tuple(found))


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a query, and who asks."""

    text: str
    told: Expecting
    scope: Scope
    calendars: Sequence[str]

    def fields(self) -> Iterable[Suggestion]:
        """Fields, and in their square brackets statuses, calendars and the numbers of custom fields."""
        if "field" in self.told.kinds:
            is_order = "NOT" not in self.told.keywords
            for offer in offers.fields(self.scope, self.told.typed, is_order=is_order):
                text = quoted_field(offer.text, followed=False) if offer.text not in times.NAMES else f"{offer.text}["
                yield Suggestion(text, "field", offer.label, offer.detail)
        closing = "" if self.text[self.told.end :].lstrip().startswith("]") else "]"
        for offer in self._in_brackets():
            yield Suggestion(f"{self._quoted(offer.text)}{closing}", "value", offer.label, offer.detail)

    def _in_brackets(self) -> Iterable[Offer]:
        if "number" in self.told.kinds:
            return offers.custom_fields(self.scope, self.told.typed)
        if "key" not in self.told.kinds:
            return ()
        before = unquoted(tokens_of(self.text[: self.told.start])[-2].value)
        if before.casefold() == ".calendar":
            return offers.picked(map(Offer, self.calendars), self.told.typed)
        is_time = times.is_time(Field(before))
        return offers.values(self.scope, self.told.typed, "status") if is_time else ()

    def values(self) -> Iterable[Suggestion]:
        """Values of the field, or of what else belongs here."""
        if "argument" in self.told.kinds:
            found = self._arguments()
        elif "value" not in self.told.kinds:
            return
        elif self.told.predicate in ("before", "after", "on", "during"):
            found = offers.picked(_DATES, self.told.typed)
        elif self.told.predicate == "by":
            found = offers.values(self.scope, self.told.typed, "user")
        else:
            found = self._of_field()
        for offer in found:
            yield Suggestion(self._quoted(offer.text), "value", offer.label, offer.detail)

    def _of_field(self) -> Iterable[Offer]:
        field = self.told.field
        if field and times.is_time(field):
            is_visits = field.name.casefold() == "visits"
            return () if is_visits else offers.picked(_DURATIONS, self.told.typed)
        meaning = self._meaning()
        if isinstance(meaning, Moment | Day | CustomMoment):
            return offers.picked(_DATES, self.told.typed)
        return offers.of(self.scope, meaning, self.told.typed) if meaning else ()

    def _arguments(self) -> Iterable[Offer]:
        function = manual.ALL.get(self.told.function.casefold())
        if function is None:
            return ()
        place = min(self.told.argument, len(function.takes) - 1) if function.repeats else self.told.argument
        if not 0 <= place < len(function.takes):
            return ()
        typed = self.told.typed
        match function.takes[place]:
            case "person":
                return offers.values(self.scope, typed, "user")
            case "date":
                return offers.picked(_DATES, typed)
            case "project":
                return offers.of(self.scope, system.BY_NAME["project"](self.scope), typed)
            case "key":
                return offers.keys(self.scope, typed)
            case "link":
                return offers.links(self.scope, typed)
            case "step":
                return offers.picked(_STEPS, typed)

    def functions(self) -> Iterable[Suggestion]:
        """Functions that go with the field, or with what else belongs here."""
        if "function" not in self.told.kinds or self.told.quote:
            return
        word = self.told.typed.casefold()
        for one in self._callable():
            if word in one.name.casefold():
                text = f"{quoted(one.name)}{'(' if one.needs else '()'}"
                yield Suggestion(text, "function", one.label, one.meaning)

    def _callable(self) -> Iterable[manual.Function]:
        if self.told.predicate in ("before", "after", "on", "during"):
            return manual.DATES
        if self.told.predicate == "by":
            return _named(past.PEOPLE.functions)
        if clock := self._clock():
            return clock.functions
        meaning = self._meaning()
        if isinstance(meaning, Moment | Day | CustomMoment):
            return manual.DATES
        if isinstance(meaning, Key):
            return manual.WORK_ITEMS if self.told.operator in ("=", "!=", "in", "not in") else ()
        return _named(meaning.functions) if isinstance(meaning, Choice) else ()

    def operators(self) -> Iterable[Suggestion]:
        """Operators that go with the field; all of them where there is no such field."""
        meaning, field, clock = self._meaning(), self.told.field, self._clock()
        for operator in self.told.operators:
            fits = meaning is None or operator in meaning.operators
            if clock:
                fits = operator in clock.operators
            elif field and times.is_time(field):
                fits = bool(field.properties) and operator in times.OPERATORS
            elif meaning and operator in _HISTORY:
                fits = meaning.history is not None
            if fits and operator.startswith(self.told.typed.lower()):
                yield Suggestion(operator.upper(), "operator", operator.upper())

    def keywords(self) -> Iterable[Suggestion]:
        """Keywords."""
        for word in self.told.keywords:
            if word.startswith(self.told.typed.upper()):
                yield Suggestion(word, "keyword", word)

    def symbols(self) -> Iterable[Suggestion]:
        """Brackets and commas, where no word was begun; the square one only after fields that want it."""
        field = self.told.field
        for symbol in self.told.symbols if not self.told.typed else ():
            if symbol != "[" or (field and times.is_time(field) and not field.properties):
                yield Suggestion(symbol, "symbol", symbol)

    def _meaning(self) -> Meaning | None:
        """What the field in force means; None where there is none."""
        field = self.told.field
        if field is None or times.is_time(field) or self._clock():
            return None
        try:
            return catalogue.find(self.scope, field)
        except JqlError:
            return None

    def _clock(self) -> Clock | None:
        """The field of another room that is in force."""
        field = self.told.field
        return clock_of(self.scope, field) if field else None

    def _quoted(self, text: str) -> str:
        return in_quotes(text) if self.told.quote else quoted(text)


def _named(names: Iterable[str]) -> Iterable[manual.Function]:
    """The functions of those names that the store can answer, in the order of the manual."""
    known = set(names) - JIRA_ONLY.keys()
    return [one for name, one in manual.ALL.items() if name in known]

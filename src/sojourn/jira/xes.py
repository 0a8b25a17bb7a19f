"""Event logs as XES (IEEE 1849), read trace by trace: a trace is a work item, the names of its events are statuses.

Of a trace `concept:name` is the key; of an event `concept:name` is the status it enters, `time:timestamp` the time,
`org:resource` the author. Where events have a `lifecycle:transition`, those that are `complete` count.
"""

from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError
from zoneinfo import ZoneInfo

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from sojourn.errors import Refused
from sojourn.jira.cases import Event, instant, issue
from sojourn.jira.eventlog import LogOptions
from sojourn.jira.files import UNREADABLE, Broken, Parsed, Source

EVERY = "all"
"""The lifecycle option by which every event counts."""

_NAME, _TIME, _BY, _LIFECYCLE = "concept:name", "time:timestamp", "org:resource", "lifecycle:transition"
_ATTRIBUTES = {"string", "date", "int", "float", "boolean", "id"}


def read(source: Source, options: LogOptions) -> Iterator[Parsed | Broken]:
    """The traces of a log in order, each as a Jira work item with its changelog.

    A trace with an event that cannot be read is left out as a whole and reported: a history with a hole would be
    wrong. So is one whose name an earlier trace has. Attributes of a trace are kept as fields, as they are written.
    """
    number, seen = 0, set[str]()
    try:
        with source.unpacked() as (file, on_disk):
            for number, trace in enumerate(_traces(file), 1):
                place = f"trace {number}"
                try:
                    yield Parsed(place, _issue(_name(trace, seen), trace, options), on_disk.tell())
                except Refused as error:
                    yield Broken(place, str(error), on_disk.tell())
    except DefusedXmlException:
        yield Broken("file", "declares entities, which are not read; write them out", source.size)
    except ParseError as error:
        yield Broken(f"trace {number + 1}", f"is not XML, nor is what follows: {error}", source.size)
    except Refused as error:
        yield Broken("file", str(error), source.size)
    except UNREADABLE as error:
        yield Broken("file", f"cannot be read: {error}", source.size)


def _traces(file: IO[bytes]) -> Iterator[Element]:
    """The traces of a log; each is forgotten before the next is read."""
    root, depth = None, 0
    for kind, element in iterparse(file, ("start", "end")):
        if root is None:
            root = element
            if _tag(root) != "log":
                raise Refused("", f"is not XES: its root is <{_tag(root):.40}>, not <log>")
        depth += 1 if kind == "start" else -1
        if kind == "end" and depth == 1:
            if _tag(element) == "trace":
                yield element
            elif _tag(element) == "event":
                raise Refused("", "has events outside of traces, so nobody knows which case they belong to")
            root.clear()


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _attributes(element: Element) -> dict[str, str]:
    return {child.get("key", ""): child.get("value", "") for child in element if _tag(child) in _ATTRIBUTES}


def _name(trace: Element, seen: set[str]) -> str:
    name = _attributes(trace).get(_NAME)
    if not name:
        raise Refused("", f"has no {_NAME}")
    if name in seen:
        raise Refused("", f"case {name}: an earlier trace has this name; each case stands in one trace")
    seen.add(name)
    return name


def _issue(name: str, trace: Element, options: LogOptions) -> dict[str, object]:
    """Raises Refused where an event cannot be read, or none counts."""
    children = enumerate((_attributes(child) for child in trace if _tag(child) == "event"), 1)
    events = [_event(name, number, event, options) for number, event in children if _counts(event, options)]
    if not events:
        raise Refused("", f"case {name}: has no event that counts; count every event with --lifecycle {EVERY}")
    texts = {key: value for key, value in _attributes(trace).items() if key != _NAME}
    return issue(name, sorted(events, key=lambda event: event.at_ms), texts, options.project)


def _counts(event: dict[str, str], options: LogOptions) -> bool:
    lifecycle = event.get(_LIFECYCLE, options.lifecycle)
    return options.lifecycle == EVERY or lifecycle.lower() == options.lifecycle.lower()


def _event(case: str, number: int, event: dict[str, str], options: LogOptions) -> Event:
    at_ms = instant(event.get(_TIME), ZoneInfo(options.zone))
    if at_ms is None:
        shown = repr(event[_TIME])[:60] if _TIME in event else "nothing"
        raise Refused("", f"case {case}: {_TIME} of event {number} is {shown}; write 2024-01-31T09:00:00+01:00")
    if not event.get(_NAME):
        raise Refused("", f"case {case}: event {number} has no {_NAME}")
    return Event(number, at_ms, event[_NAME], event.get(_BY))

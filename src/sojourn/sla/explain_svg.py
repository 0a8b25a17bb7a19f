"""A clock as a picture: what its time counted as, when nobody works, warning, deadline and what happened."""

from collections.abc import Iterator
from html import escape

import numpy as np

from sojourn.core.calendar import Calendar
from sojourn.core.instants import utc_text
from sojourn.core.sla.clock import Clock
from sojourn.core.sla.reading import Stretch
from sojourn.sla.explain import Explanation

_WIDTH, _LEFT, _ROW = 960, 20, 130
_FILLS = {"running": "#2e7d32", "warned": "#f9a825", "late": "#c62828", "paused": "#9e9e9e", "gap": "none"}
_WORDS = {"running": "runs", "warned": "runs, critical", "late": "overdue", "paused": "paused", "gap": "does not count"}
_MOST_HATCHED = 400
_STYLE = "text{font:12px sans-serif;fill:#333}.mark{stroke:#333;stroke-width:1.5}.line{stroke-dasharray:4 3}"
_HATCH = (
    '<pattern id="closed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line x1="0" y1="0" x2="0" y2="6" stroke="#fff" stroke-width="3" stroke-opacity=".55"/></pattern>'
)


def svg(explained: Explanation, as_of_ms: int) -> str:
    """The timeline of each clock as SVG; what colours say is written beside them, too."""
    told = explained.json
    title = escape(f"{told['issue']}: {told['sla']['name']}, {told['state']}, as of {utc_text(as_of_ms)}")
    rows = [_row(explained, place, as_of_ms) for place in range(len(explained.clocks))]
    height = 40 + _ROW * max(len(rows), 1)
    body = "".join(rows) or "".join(
        f'<text x="{_LEFT}" y="{60 + 18 * line}">{escape(reason)}</text>'
        for line, reason in enumerate(told["why_not_started"])
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{title}">'
        f"<title>{title}</title><style>{_STYLE}</style><defs>{_HATCH}</defs>"
        f'<rect width="100%" height="100%" fill="#fff"/><text x="{_LEFT}" y="22">{title}</text>{body}</svg>\n'
    )


class _Scale:
    """From instants to places."""

    def __init__(self, first_ms: int, last_ms: int, top: int) -> None:
        self._first, self._length, self.top = first_ms, max(last_ms - first_ms, 1), top

    def x(self, at_ms: int) -> float:
        """The place of an instant."""
        return round(_LEFT + (_WIDTH - 2 * _LEFT) * (at_ms - self._first) / self._length, 2)

    def box(self, begin_ms: int, end_ms: int, fill: str, said: str = "") -> str:
        """A stretch of time."""
        begin, end = self.x(begin_ms), self.x(end_ms)
        shape = f'<rect x="{begin}" y="{self.top}" width="{round(end - begin, 2)}" height="34" fill="{fill}"'
        return f"{shape}><title>{escape(said)}</title></rect>" if said else f"{shape}/>"

    def mark(self, at_ms: int, said: str, place: int) -> str:
        """A line at an instant, with a word below it."""
        bottom = self.top + 48 + 13 * place
        return f"{self._line(at_ms, self.top, bottom, 'mark')}{self._word(at_ms, bottom + 10, said)}"

    def deadline(self, at_ms: int) -> str:
        """A dashed line, with its word above it."""
        line = self._line(at_ms, self.top - 8, self.top + 40, "mark line")
        return line + self._word(at_ms, self.top - 10, "deadline")

    def _line(self, at_ms: int, top: int, bottom: int, style: str) -> str:
        x = self.x(at_ms)
        return f'<line class="{style}" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>'

    def _word(self, at_ms: int, y: int, said: str) -> str:
        x = self.x(at_ms)
        return f'<text x="{x}" y="{y}" text-anchor="{"end" if x > _WIDTH * 0.8 else "start"}">{escape(said)}</text>'


def _row(explained: Explanation, place: int, as_of_ms: int) -> str:
    clock = explained.clocks[place]
    end_ms = as_of_ms if clock.end_ms is None else clock.end_ms
    last_ms = end_ms if clock.end_ms is not None else max(end_ms, clock.deadline_ms or end_ms)
    scale = _Scale(min(clock.start_ms, clock.deadline_ms or clock.start_ms), last_ms, 50 + _ROW * place)
    events = [event for event in explained.json["clocks"][place]["events"] if event["kind"] != "target"]
    warned = [event["at_ms"] for event in events if event["kind"] == "critical"][-1:]
    parts = []
    for part in explained.spans[place]:
        late = clock.deadline_ms is not None and part.begin_ms >= clock.deadline_ms and part.mode != "gap"
        kind = "late" if late else part.mode
        parts.append(_box(scale, part, kind))
        if kind == "running" and warned and part.end_ms > warned[0]:
            parts.append(_box(scale, part._replace(begin_ms=max(part.begin_ms, warned[0])), "warned"))
    parts += _closed(scale, explained.calendars[clock.calendar], clock, end_ms)
    parts += [scale.mark(event["at_ms"], event["kind"], number % 4) for number, event in enumerate(events)]
    if clock.deadline_ms is not None and clock.deadline_ms <= last_ms:
        parts.append(scale.deadline(clock.deadline_ms))
    return "".join(parts)


def _box(scale: _Scale, part: Stretch, kind: str) -> str:
    said = f"{_WORDS[kind]}: {utc_text(part.begin_ms)} – {utc_text(part.end_ms)}"
    return scale.box(part.begin_ms, part.end_ms, _FILLS[kind], said)


def _closed(scale: _Scale, calendar: Calendar, clock: Clock, end_ms: int) -> Iterator[str]:
    """Stripes where nobody works; where there are too many to be seen, one line says so."""
    start, end = calendar.compile(clock.start_ms, end_ms).spans
    begins, ends = np.append(clock.start_ms, end).tolist(), np.append(start, end_ms).tolist()
    if len(begins) > _MOST_HATCHED:
        said = f"hours of the calendar {clock.calendar} are too short to be seen here"
        yield f'<text x="{_LEFT}" y="{scale.top - 10}">{escape(said)}</text>'
        return
    for begin_ms, until_ms in zip(begins, ends, strict=True):
        if begin_ms < until_ms:
            yield scale.box(begin_ms, until_ms, "url(#closed)")

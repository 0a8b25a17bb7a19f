"""Colours of charts, on light and on dark ground: every one stands out from its ground by 3 : 1 or more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FONT = "Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a ground. `groups` has those of statuses by category, one after another for the next status."""

    ground: str
    text: str
    muted: str
    line: str
    accent: str
    strong: str
    ramp: tuple[str, str]
    """The least and the most of an amount."""
    groups: dict[str, tuple[str, ...]]

    @property
    def any(self) -> tuple[str, ...]:
        """Colours for what has no category."""
        rows = [self.groups[group] for group in ("indeterminate", "", "done", "new")]
        return tuple(row[place] for place in range(4) for row in rows)

    def colors(self, groups: Sequence[str | None]) -> list[str]:
        """A colour for each of several values by their categories; they repeat when there are too many."""
        used: dict[str | None, int] = {}
        found = []
        for group in groups:
            palette = self.any if group is None else self.groups[group]
            found.append(palette[used.get(group, 0) % len(palette)])
            used[group] = used.get(group, 0) + 1
        return found


LIGHT = Theme(
    ground="#ffffff",
    text="#18212c",
    muted="#54606f",
    line="#d8dee6",
    accent="#0f766e",
    strong="#b42318",
    ramp=("#c3e3df", "#07413d"),
    groups={
        "new": ("#6b7a90", "#3f4b5c", "#8a7a66", "#52606d"),
        "indeterminate": ("#2563c9", "#8b3fd1", "#0e7f9c", "#c02672", "#1e3a8a", "#5b6fd8"),
        "": ("#a16207", "#c2410c", "#7c4a03", "#b5651d"),
        "done": ("#15803d", "#4d7c0f", "#0f5f46", "#2f8f6b"),
    },
)
DARK = Theme(
    ground="#171e26",
    text="#e7ecf2",
    muted="#a3b0bf",
    line="#3a4757",
    accent="#5eccc0",
    strong="#ff9b8f",
    ramp=("#25514d", "#a5f5ea"),
    groups={
        "new": ("#8f9db1", "#cbd5e1", "#b5a48c", "#75849a"),
        "indeterminate": ("#6ea3f7", "#c79bff", "#3cc4e0", "#f47fb8", "#a9c8ff", "#8f93ff"),
        "": ("#d9a53a", "#fb923c", "#f3d36b", "#c98a5a"),
        "done": ("#4fbf7a", "#8fb35a", "#2dbd9c", "#9be7b4"),
    },
)
THEMES = {"light": LIGHT, "dark": DARK}


def config(theme: Theme) -> dict[str, Any]:
    """What Vega-Lite is to draw everything with."""
    text = {"labelColor": theme.text, "titleColor": theme.muted, "labelFontSize": 12, "titleFontSize": 12}
    lines = {"gridColor": theme.line, "domainColor": theme.muted, "tickColor": theme.muted}
    return {
        "font": FONT,
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "color": theme.text,
            "fontSize": 17,
            "subtitleColor": theme.muted,
            "subtitleFontSize": 12,
            "subtitlePadding": 6,
            "offset": 16,
        },
        "axis": {
            **text,
            **lines,
            "titleFontWeight": "normal",
            "labelLimit": 190,
            "gridOpacity": 0.7,
            "labelPadding": 6,
        },
        "axisQuantitative": {"labelFlush": False},
        "legend": {**text, "titleFontWeight": "normal", "labelLimit": 190, "symbolLimit": 60},
        "text": {"color": theme.text, "fontSize": 12},
    }

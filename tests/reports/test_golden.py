"""Pictures that people have looked at: the same histories are drawn in the same way, dot for dot.

After a change that is meant, run it once with GOLDEN=write, and look at what was written before it is committed.
"""

import os
import re
from pathlib import Path

import pytest

from sojourn.calendars import store as calendars
from sojourn.reports import options
from sojourn.reports.chart_menu import CHART_MENU, ChartEntry
from sojourn.reports.charts import render
from sojourn.reports.charts.catalogue import chart
from tests.reports.asking import NOW
from tests.reports.plain import random_items
from tests.sla.defining import define, policy

FOLDER = Path(__file__).parent / "golden"
THEMES = {"scatter": "dark", "sunburst": "dark"}
GIVEN = {"as_of": "2024-01-20T00:00Z", "project": "ABC", "calendar": "Mon-Fri 09-18"}


def alike(drawn: bytes) -> bytes:
    """The picture with its clips and gradients numbered from 0: Vega counts on through all that a process draws."""
    ids = list(dict.fromkeys(re.findall(rb"\b(?:clip|gradient_)\d+", drawn)))
    return re.sub(rb"\b(?:clip|gradient_)\d+", lambda found: b"id%d" % ids.index(found[0]), drawn)


@pytest.mark.django_db
@pytest.mark.parametrize("entry", CHART_MENU, ids=lambda entry: entry.name)
def test_a_chart_is_the_picture_that_was_looked_at(entry: ChartEntry) -> None:
    random_items(8, 25)
    define(policy("16h", "Mon–Fri 09–18"))
    define(policy("2d", cycles="each"), name="Each stay")
    defaults = {one.name: one.default for one in entry.options if one.default and not one.is_switch}
    texts = {name: [text] for name, text in (defaults | dict(entry.fixed) | GIVEN).items()}
    request = options.request(texts, calendars.load("Mon-Fri 09-18"), NOW, entry.entry.options)
    drawn = render.render(chart(entry, request, THEMES.get(entry.name, "light")), "svg")
    file = FOLDER / f"{entry.name}.svg"
    if os.environ.get("GOLDEN") == "write":
        file.write_bytes(drawn)
    assert alike(drawn) == alike(file.read_bytes())


def test_there_is_a_picture_of_each_chart_and_no_other() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == {entry.name for entry in CHART_MENU}

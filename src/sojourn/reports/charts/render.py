"""A chart as a file, drawn on this machine: nothing is loaded from afar."""

import json
import re
from typing import Literal, get_args

import vl_convert

from sojourn.errors import Refused
from sojourn.reports.charts.look import Spec

Picture = Literal["svg", "png", "vega-lite"]
PICTURES: tuple[Picture, ...] = get_args(Picture)
_NOWHERE = ["https://nowhere.invalid/"]
_SCALE = 2
_TWO_UNITS = re.compile("[\U00010000-\U0010ffff]")
_BOX = "□"


def parse_picture(name: str) -> Picture:
    """The kind of picture of that name; raises Refused, naming those there are."""
    for known in PICTURES:
        if known == name:
            return known
    raise Refused("format", f"{name!r} is not one of {', '.join(PICTURES)}")


def render(spec: Spec, kind: Picture) -> bytes:
    """The chart as SVG, as PNG of two dots a pixel, or as the Vega-Lite specification itself.

    Where a text with emoji or the like is too long for its place, these are drawn as boxes.
    """
    if kind == "vega-lite":
        return json.dumps(spec, ensure_ascii=False, indent=1).encode() + b"\n"
    try:
        return _picture(spec, kind)
    except ValueError:  # Vega cuts a long text inside a character of two units of UTF-16, and vl-convert refuses it
        plain = _TWO_UNITS.sub(_BOX, json.dumps(spec, ensure_ascii=False))
        return _picture(json.loads(plain), kind)


def _picture(spec: Spec, kind: Picture) -> bytes:
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=_NOWHERE)).encode()
    return bytes(vl_convert.vegalite_to_png(spec, scale=_SCALE, allowed_base_urls=_NOWHERE))

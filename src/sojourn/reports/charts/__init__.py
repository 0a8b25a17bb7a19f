"""Charts of reports, as Vega-Lite specs: one spec for a page, an e-mail and a file."""

from sojourn.reports.charts.bar import CATEGORIES, MEASURED, Figure, Measured, figures, is_long, spec
from sojourn.reports.charts.units import printer

__all__ = ["CATEGORIES", "MEASURED", "Figure", "Measured", "figures", "is_long", "printer", "spec"]

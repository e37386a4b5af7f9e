"""Charts as SVG: one source for PDF, HTML and mail.

The picture names itself (its title) and says what it says (the chart's alternative text); its
data stand in a table beside it, which is each format's own business.
"""

from markupsafe import Markup

from insights_reports.edition.document import Chart, ChartForm
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.panels import heat, panels
from insights_reports.formats.charts.time import columns
from insights_reports.formats.charts.trend import trend

_FORMS = {
    ChartForm.COLUMNS: columns,
    ChartForm.LINES: trend,
    ChartForm.PANELS: panels,
    ChartForm.HEAT: heat,
}


def draw(chart: Chart, style: Style) -> Markup:
    """The chart as one ``<svg>`` element."""
    drawing = _FORMS[chart.form](chart, style)
    return drawing.markup(style.words.phrase(chart.title), style.words.phrase(chart.alt))

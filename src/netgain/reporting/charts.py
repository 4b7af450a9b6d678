"""What can be drawn of a report: each with the table behind it.

Charts show what was estimated or counted; nothing is derived. No meaning rests on colour alone.
"""

from collections.abc import Callable

from netgain.records import Findings
from netgain.reporting.curves import agreement_chart, loss_chart, progress_chart, reward_chart
from netgain.reporting.dots import category_chart, difficulty_chart, errors_chart
from netgain.reporting.drawing import Chart
from netgain.reporting.picture import accuracy_chart
from netgain.reporting.samples_chart import SAMPLES_CHART, samples_chart

# In reading order. A chart's file beside report.md is chart-NAME.svg.
CHARTS: dict[str, Callable[[Findings], Chart | None]] = {
    "accuracy": accuracy_chart,
    "progress": progress_chart,
    "loss": loss_chart,
    "reward": reward_chart,
    "token-agreement": agreement_chart,
    "errors": errors_chart,
    "difficulty": difficulty_chart,
    "categories": category_chart,
    SAMPLES_CHART: samples_chart,
}


def drawable(findings: Findings) -> tuple[Chart, ...]:
    """Every chart for which there is data."""
    drawn = (make(findings) for make in CHARTS.values())
    return tuple(chart for chart in drawn if chart is not None)

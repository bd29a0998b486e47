"""Figures stay legible on a phone: years that do not collide, labels that do not touch."""

from __future__ import annotations

import pandas as pd
import pytest

from multivector import charts

WORDS = {
    "name": "fig-x", "caption": "C", "alt": "A", "takeaway": "T.", "sources": ["bns-trade"],
}  # fmt: skip


@pytest.mark.parametrize("years", range(2, 13))
def test_no_more_years_are_written_under_a_line_than_a_phone_has_room_for(years: int) -> None:
    data = pd.DataFrame({"year": range(2015, 2015 + years), "y": 1.0, "by": "a"})
    fig = charts.line(data, x="year", y="y", by="by", y_title="y", table=data, **WORDS)
    step = fig.layout.xaxis.dtick
    ticks = [year for year in data["year"] if year % step == 0]
    # 170 px are left between axis and end label at a width of 320; four digits need about 34.
    assert 1 <= len(ticks) <= 5


def test_a_bar_keeps_its_distance_from_its_label() -> None:
    data = pd.DataFrame({"who": ["A", "B"], "share": [1.0, 2.0]})
    fig = charts.bars(data, value="share", label="who", x_title="x", table=data, **WORDS)
    assert fig.layout.yaxis.ticklabelstandoff >= 4

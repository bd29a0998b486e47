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


def test_a_year_is_whole_and_half_a_year_is_not_cut_down_to_one() -> None:
    data = pd.DataFrame({"x": [2024.0, 2024.5, 2025.0], "y": 1.0, "by": "a"})
    fig = charts.line(data, x="x", y="y", by="by", y_title="y", table=data, **WORDS)
    assert [repr(x) for x in fig.data[0].x] == ["2024", "2024.5", "2025"]


LINE = (charts.line, {"x": "x", "y": "y", "by": "by", "y_title": "y"})
BARS = (charts.bars, {"value": "y", "label": "x", "x_title": "x"})
GROUPED = (charts.bars, {**BARS[1], "by": "by"})
INTERVALS = (charts.intervals, {"low": "y", "high": "high", "label": "x", "x_title": "x"})


@pytest.mark.parametrize(
    ("kind", "changed", "says"),
    [
        (LINE, {"y": [None, None]}, "nothing to draw: y is blank throughout"),
        (LINE, {"x": [2024, None]}, "x is blank in row 1"),
        (LINE, {"by": [None, "a"]}, "by is blank in row 0"),
        (LINE, {"x": ["2024", "2025"]}, "x is no number in row 0"),
        (LINE, {"x": [2024, 2024]}, "two values for one x and by"),
        (BARS, {"y": [None, None]}, "nothing to draw: y is blank throughout"),
        (BARS, {"x": ["A", None]}, "x is blank in row 1"),
        (BARS, {"x": ["A", "A"]}, "two values for one x"),
        (GROUPED, {"by": ["a", None]}, "by is blank in row 1"),
        (GROUPED, {"x": ["A", "A"]}, "two values for one x and by"),
        (INTERVALS, {"x": [None, "B"]}, "x is blank in row 0"),
        (INTERVALS, {"x": ["A", "A"]}, "two values for one x"),
        (INTERVALS, {"high": [3, None]}, "an interval has one end in row 1"),
        (INTERVALS, {"high": [None, None]}, "nothing to draw: high is blank throughout"),
    ],
)
def test_what_would_be_drawn_wrong_or_not_at_all_is_refused(kind, changed: dict, says: str) -> None:
    draw, columns = kind
    sound = {"x": [2024, 2025], "y": [1, 2], "high": [3, 4], "by": "a"}
    data = pd.DataFrame(sound | changed).convert_dtypes()
    with pytest.raises(ValueError, match=f"figure 'fig-x': {says}$"):
        draw(data, **columns, table=data, **WORDS)


def test_an_interval_without_ends_is_a_gap_with_its_label() -> None:
    data = pd.DataFrame({"x": ["A", "B"], "y": [1, None], "high": [2, None], "p": [None, 3]})
    data = data.convert_dtypes()
    fig = charts.intervals(
        data, low="y", high="high", label="x", x_title="x", point="p", table=data, **WORDS
    )
    assert [(trace.x, trace.y) for trace in fig.data] == [
        ((1, 2), ("A", "A")), ((None, None), ("B", "B")), ((None, 3), ("A", "B")),
    ]  # fmt: skip


def test_an_interval_is_drawn_from_columns_of_any_name() -> None:
    data = pd.DataFrame({"who is it": ["A"], "low, %": [1.0], "class": [2.0]})
    fig = charts.intervals(
        data, low="low, %", high="class", label="who is it", x_title="x", table=data, **WORDS
    )
    assert (list(fig.data[0].x), fig.data[0].y[0]) == ([1.0, 2.0], "A")


def test_a_missing_column_is_named_beside_those_there_are() -> None:
    data = pd.DataFrame({2024: [1.0], "y": [2.0]})
    with pytest.raises(ValueError, match="no column x; there are 2024, y"):
        charts.bars(data, value="y", label="x", x_title="x", table=data, **WORDS)

"""Plotly figures in one house style.

A chapter cell ends in ``fig``. Every figure leaves through :func:`finish`, which refuses one
without caption, alt text, takeaway, sources or table: the page needs all of them.
Colours named here as *sentinels* become CSS variables in the page, so that one figure serves
the light and the dark theme; series colours keep at least 3:1 against both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import pandas as pd
import plotly.graph_objects as go

INK = "#1a2b3c"
MUTED = "#5b6b7c"
GRID = "#c8d0d9"
PAPER = "#fefefe"
#: sentinel colour in a figure -> CSS variable in the page
THEME = {INK: "--mv-ink", MUTED: "--mv-muted", GRID: "--mv-grid", PAPER: "--mv-paper"}

#: Series colours, told apart by colour-blind readers in this order; markers and labels say the same
SERIES = ("#2f7fc1", "#c8641a", "#1d8f6a", "#a3589b", "#8a7a00", "#cf4a5a", "#0f8a9d", "#7a7f87")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross", "hexagon")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "solid", "dash", "dot")
#: One colour a partner throughout the book, so that a reader learns them once
PARTNER_COLOURS = {
    "EU27": SERIES[0],
    "CHN": SERIES[1],
    "RUS": SERIES[2],
    "USA": SERIES[3],
    "ITA": SERIES[4],
    "TUR": SERIES[5],
    "UZB": SERIES[6],
}
FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", '
    '"Liberation Sans", Arial, sans-serif'
)

_AXIS = {
    "gridcolor": GRID,
    "linecolor": MUTED,
    "zerolinecolor": MUTED,
    "tickcolor": MUTED,
    "ticks": "outside",
    "ticklen": 4,
    "automargin": True,
    "tickangle": 0,  # a turned label is hard to read, and fonts disagree when to turn it
    "title": {"font": {"color": MUTED, "size": 13}, "standoff": 8},
}
TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(SERIES),
        "margin": {"l": 8, "r": 16, "t": 16, "b": 8},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
        },
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "hovermode": "closest",
    }
)


def finish(
    fig: go.Figure,
    *,
    name: str,
    caption: str,
    alt: str,
    takeaway: str,
    sources: Sequence[str],
    table: pd.DataFrame,
    height: int = 400,
) -> go.Figure:
    """Give ``fig`` the house style and all that a published figure owes its readers.

    ``name`` labels the figure for ``numref``; ``alt`` says what the chart shows; ``takeaway`` is
    one sentence; ``sources`` are ids of sources.csv; ``table`` holds the drawn values, columns
    named with their units; ``height`` is in CSS pixels and the same at every width.
    Returns the same figure. Raises ``ValueError`` naming what is missing.
    """
    words = {"name": name, "caption": caption, "alt": alt, "takeaway": takeaway}
    for key, value in words.items():
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"figure {name!r}: {key} is missing")
    if isinstance(sources, str) or not sources:
        raise ValueError(f"figure {name!r}: sources is missing: a list of source ids")
    if table is None or table.empty:
        raise ValueError(f"figure {name!r}: table is missing: the values that are drawn")
    meta = {
        **words,
        "sources": list(sources),
        "height": height,
        "table": {
            "columns": [str(column) for column in table.columns],
            "rows": [[_cell(value) for value in row] for row in table.itertuples(index=False)],
        },
    }
    fig.update_layout(template=TEMPLATE, height=height, meta={"book": meta})
    return fig


def _cell(value: Any) -> Any:
    """Return a JSON value for a table cell; a missing value is None, a number keeps its type."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return None if math.isnan(value) else value
    return value


def line(
    data: pd.DataFrame,
    *,
    x: str,
    y: str,
    by: str,
    y_title: str,
    labels: Mapping[str, str] | None = None,
    y_format: str = ",.1f",
    from_zero: bool = True,
    **words: Any,
) -> go.Figure:
    """Draw one line a group, labelled at its end, with its own marker and dash.

    ``data``: long, one row per (``x``, ``by``); missing ``y`` leaves a gap, never a bridge.
    ``labels`` maps group to the name shown; ``words`` go to :func:`finish`.
    Raises ``ValueError`` for a column that is not there, a ``y`` blank throughout, an ``x`` that is
    no number, or a point that is blank or stands twice.
    """
    _need(data, words.get("name"), (x, by), y)
    for row, place in data[x].items():
        if not isinstance(place, Real):
            raise ValueError(f"figure {words.get('name')!r}: {x} is no number in row {row}")
    fig = go.Figure()
    groups = list(dict.fromkeys(data[by]))
    span = sorted(data[x].unique())
    for index, group in enumerate(groups):
        rows = data[data[by] == group].set_index(x)[y].reindex(span)
        name = (labels or {}).get(group, str(group))
        colour = PARTNER_COLOURS.get(str(group), SERIES[index % len(SERIES)])
        fig.add_scatter(
            x=[_tick(v) for v in span],
            y=_numbers(rows),
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2.2, "dash": DASHES[index % len(DASHES)]},
            marker={"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 8, "color": colour},
            hovertemplate=f"{name}, %{{x}}: %{{y:{y_format}}}<extra></extra>",
            showlegend=False,
        )
    _end_labels(fig)
    # Room for the markers at both ends, whole years as ticks.
    fig.update_xaxes(range=[span[0] - 0.3, span[-1] + 0.3], tickformat="d", showgrid=False)
    if len(span) <= 12:
        # Four digits a year: more ticks than this run into each other on a phone.
        fig.update_xaxes(dtick=1 if len(span) <= 5 else 2 if len(span) <= 8 else 5)
    fig.update_yaxes(title_text=y_title, rangemode="tozero" if from_zero else "normal")
    return finish(fig, **words)


def _tick(value: Any) -> Any:
    """Return a place on the axis as JSON: 2024.0 is the year 2024, 2024.5 is not."""
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _end_labels(fig: go.Figure) -> None:
    """Write each line's name beside its last point, moved apart where they would touch."""
    ends = []
    for trace in fig.data:
        points = [(x, y) for x, y in zip(trace.x, trace.y, strict=True) if y is not None]
        if points:
            ends.append((points[-1], trace))
    values = [y for trace in fig.data for y in trace.y if y is not None]
    reach = (max(values) - min(0, min(values))) or 1
    gap = reach * 0.065
    placed: list[float] = []
    for (x, y), trace in sorted(ends, key=lambda end: end[0][1]):
        at = max(y, placed[-1] + gap) if placed else y
        placed.append(at)
        fig.add_annotation(
            x=x,
            y=at,
            text=_wrapped(trace.name),
            font={"color": INK, "size": 13},
            showarrow=False,
            xanchor="left",
            align="left",
            xshift=10,
        )
    longest = max((len(part) for _, t in ends for part in _lines(t.name)), default=0)
    fig.update_layout(margin={"r": 22 + 7 * longest})


def _lines(text: str, width: int = 14) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _wrapped(text: str, width: int = 14) -> str:
    return "<br>".join(_lines(text, width))


def bars(
    data: pd.DataFrame,
    *,
    value: str,
    label: str,
    x_title: str,
    value_format: str = ",.1f",
    highlight: Iterable[str] = (),
    by: str | None = None,
    **words: Any,
) -> go.Figure:
    """Draw horizontal bars in the order of ``data``, first row on top, the value at each end.

    ``data``: one row a bar (with ``by``: one row per bar and group, grouped bars).
    A blank ``value`` leaves its label without a bar.
    ``highlight`` names labels drawn in the accent colour and marked with an outline.
    Raises ``ValueError`` for a column that is not there, a ``value`` blank throughout, or a bar
    whose label or group is blank or stands twice.
    """
    _need(data, words.get("name"), (label, by) if by else (label,), value)
    fig = go.Figure()
    marked = set(highlight)
    groups = list(dict.fromkeys(data[by])) if by else [None]
    for index, group in enumerate(groups):
        rows = data if by is None else data[data[by] == group]
        colours = [
            SERIES[1] if row_label in marked else SERIES[index % len(SERIES)]
            for row_label in rows[label]
        ]
        fig.add_bar(
            x=_numbers(rows[value]),
            y=[_wrapped(str(v), 20) for v in rows[label]],
            orientation="h",
            name="" if group is None else str(group),
            marker={
                "color": colours if marked else SERIES[index % len(SERIES)],
                "pattern": {"shape": ["", "/", ".", "x"][index % 4], "solidity": 0.25}
                if by
                else None,
            },
            texttemplate=f"%{{x:{value_format}}}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{y}}: %{{x:{value_format}}}<extra>{group or ''}</extra>",
            showlegend=by is not None,
        )
    fig.update_yaxes(autorange="reversed", showgrid=False, ticks="", ticklabelstandoff=5)
    fig.update_xaxes(title_text=x_title, rangemode="tozero")
    fig.update_layout(bargap=0.3, margin={"r": 48}, barmode="group")
    rows_drawn = data[label].nunique() * max(1, len(groups) * 0.62)
    words.setdefault("height", int(110 + 30 * rows_drawn + (30 if by else 0)))
    return finish(fig, **words)


def intervals(
    data: pd.DataFrame,
    *,
    low: str,
    high: str,
    label: str,
    x_title: str,
    value_format: str = ",.1f",
    point: str | None = None,
    **words: Any,
) -> go.Figure:
    """Draw one horizontal interval a row, first row on top; equal ends draw as a single point.

    A row of two blank ends is a gap: it keeps its label. ``point`` names a column with a central
    value, marked with a diamond. Raises ``ValueError`` for a column that is not there or blank
    throughout, a single blank end, a low end above the high one, or a label that is blank or stands
    twice.
    """
    _need(data, words.get("name"), (label,), low, high, *([point] if point else []))
    if (half := (data[low].isna() ^ data[high].isna()).to_numpy()).any():
        row = data.index[half][0]
        raise ValueError(f"figure {words.get('name')!r}: an interval has one end in row {row}")
    if (data[low] > data[high]).any():
        raise ValueError(f"figure {words.get('name')!r}: an interval ends below its start")
    fig = go.Figure()
    # Not itertuples: it renames a column that is no Python name, "share, %" for one.
    for *ends, shown in zip(_numbers(data[low]), _numbers(data[high]), data[label], strict=True):
        name = _wrapped(str(shown), 20)
        fig.add_scatter(
            x=ends,
            y=[name, name],
            mode="lines+markers",
            line={"color": SERIES[0], "width": 5},
            marker={"color": SERIES[0], "size": 11, "symbol": "line-ns-open", "line": {"width": 3}},
            hovertemplate=f"{name}: %{{x:{value_format}}}<extra></extra>",
            showlegend=False,
        )
    if point:
        fig.add_scatter(
            x=_numbers(data[point]),
            y=[_wrapped(str(v), 20) for v in data[label]],
            mode="markers",
            marker={"color": SERIES[1], "size": 11, "symbol": "diamond"},
            hovertemplate=f"%{{y}}: %{{x:{value_format}}}<extra></extra>",
            showlegend=False,
        )
    fig.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    fig.update_xaxes(title_text=x_title)
    words.setdefault("height", 110 + 42 * len(data))
    return finish(fig, **words)


def _numbers(values: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in values]


def _need(data: pd.DataFrame, figure: str | None, keys: Sequence[str], *values: str) -> None:
    """Refuse a table that cannot be drawn whole; ``keys`` say where a mark stands."""
    missing = [column for column in (*keys, *values) if column not in data.columns]
    if missing:
        there = ", ".join(map(str, data.columns))
        raise ValueError(f"figure {figure!r}: no column {', '.join(missing)}; there are {there}")
    if data.empty:
        raise ValueError(f"figure {figure!r}: nothing to draw: the table is empty")
    for key in keys:
        if (blank := data[key].isna().to_numpy()).any():
            raise ValueError(f"figure {figure!r}: {key} is blank in row {data.index[blank][0]}")
    if data.duplicated(list(keys)).any():
        raise ValueError(f"figure {figure!r}: two values for one {' and '.join(map(str, keys))}")
    for column in values:
        if data[column].isna().all():
            raise ValueError(f"figure {figure!r}: nothing to draw: {column} is blank throughout")

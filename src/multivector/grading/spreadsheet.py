"""Tables that people open in a spreadsheet: nothing in them is evaluated."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

_BEGINS = r"[\s'\u00a0\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]"
_FORMULA = re.compile(f"^{_BEGINS}")
#: Where a list separator is a semicolon, as in Russian and Kazakh, a cell begins after each.
_INNER = re.compile(f";(?={_BEGINS})")
_MADE = re.compile(f";'(?={_BEGINS})")


def cell(value: Any) -> Any:
    """Return a CSV cell: numbers as they are, text on one line and never a formula.

    A text that a spreadsheet would evaluate gets a leading apostrophe (OWASP, CSV injection), and
    so does what follows a semicolon.
    """
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value)
    text = "".join(
        " " if c in "\r\n\t\v\f\x85\u2028\u2029" else c
        for c in str(value)
        if c in "\r\n\t\v\f\x85\u2028\u2029" or unicodedata.category(c)[0] != "C"
    ).strip()
    text = _INNER.sub(";'", text)
    return f"'{text}" if _FORMULA.match(text) else text


def uncell(text: str) -> str:
    """Return the text that ``cell`` made a cell of, so that a table can be written again."""
    text = text[1:] if text.startswith("'") and _FORMULA.match(text) else text
    return _MADE.sub(";", text)


def _number(value: float) -> str:
    return f"{value:.6g}" if value != int(value) else str(int(value))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV, every cell through ``cell``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()

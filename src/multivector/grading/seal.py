"""Public tests as students get them: known wrong values sealed, so that none gives an answer away.

A test that knows the value of a slip ("that is exports alone") knows half of the answer. In the
student's notebook its place takes a slow digest of three digits, with which only a value that the
student already has can be compared.
"""

from __future__ import annotations

import ast
import copy
from typing import Any

from multivector.grading.expect import seal


def sealed(source: str) -> str:
    """Return a test's source with the numbers of its ``not_mistaken`` calls sealed.

    Numbers of a test that calls a student's function on an example are no answers and stay, and so
    does what cannot be computed from the test alone.
    """
    tree = ast.parse(source)
    (function,) = tree.body
    if not isinstance(function, ast.FunctionDef) or "result" in _called(function):
        return source
    known = _constants(function)
    changes = []
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and _name(node) == "not_mistaken"):
            continue
        for mistakes in (a for a in node.args if isinstance(a, ast.Dict)):
            changes += [
                (v, seal(n)) for v in mistakes.values if (n := _value(v, known)) is not None
            ]
    lines = source.split("\n")
    # From the end, so that earlier places stay where they are.
    for node, text in sorted(changes, key=lambda c: (c[0].lineno, c[0].col_offset), reverse=True):
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before = lines[first].encode()[: node.col_offset].decode()
        after = lines[last].encode()[node.end_col_offset :].decode()
        lines[first : last + 1] = [f'{before}"{text}"{after}']
    return "\n".join(lines)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _called(function: ast.FunctionDef) -> set[str]:
    return {_name(node) for node in ast.walk(function) if isinstance(node, ast.Call)}


def _constants(function: ast.FunctionDef) -> dict[str, Any]:
    """Return what the function's own assignments of plain numbers give."""
    known: dict[str, Any] = {}
    for statement in function.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target, value = statement.targets[0], statement.value
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
        for name, given in pairs:
            number = _value(given, known)
            if isinstance(name, ast.Name) and number is not None:
                known[name.id] = number
    return known


def _value(node: ast.expr, known: dict[str, Any]) -> float | None:
    """Return the number that an expression of numbers and known names is, ``None`` for others."""
    allowed = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.Name, ast.operator, ast.unaryop, ast.Load)
    parts = list(ast.walk(node))
    if not all(isinstance(part, allowed) for part in parts):
        return None
    if any(isinstance(part, ast.Name) and part.id not in known for part in parts):
        return None
    code = compile(ast.Expression(copy.deepcopy(node)), "<slip>", "eval")
    number = eval(code, {"__builtins__": {}}, dict(known))
    plain = isinstance(number, (int, float)) and not isinstance(number, bool)
    return float(number) if plain else None

"""Inside the sandbox: run a student's cells and answer requests with plain values.

Started as a script with isolated, site-less Python. One request a line on standard input, one
reply a line on standard output, both JSON. It knows no test, no expected value and no other
submission; whatever a hostile cell does to it, the worst it can send is a wrong answer.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import re
import sys
import types
from typing import Any

MAX_MESSAGE = 300
#: A line of IPython's: ``%magic``, ``!shell``, ``?name``, ``name?``. A line of Python whose comment
#: ends in a question mark is none: its error belongs to the student.
_MAGIC = re.compile(r"(\s*)[%!].*$|(\s*)\?.*$|(\s*)[\w.*]+\?{1,2}\s*$")
_TIMERS = ("%%time", "%%timeit", "%%capture")


class _Quiet:
    """Stands in for ``grader``: in the sandbox there is nothing to check against."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    @classmethod
    def from_text(cls, text: str) -> _Quiet:
        return cls()

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def cell_code(source: str) -> types.CodeType | None:
    """Return a cell's compiled code, ``None`` for a cell that is not Python.

    IPython's line magics and shell lines become ``pass``. Raises ``SyntaxError``.
    """
    if source.lstrip().startswith("%%"):
        first, _, rest = source.lstrip().partition("\n")
        if not first.startswith(_TIMERS):
            return None
        source = rest
    lines = source.split("\n")
    while True:
        try:
            return compile(ast.parse("\n".join(lines)), "<cell>", "exec")
        except SyntaxError as error:
            # That line alone: one that looks the same may stand in a text. What takes its place is
            # no magic, so each line is replaced once at most.
            at = (error.lineno or 0) - 1
            magic = _MAGIC.match(lines[at]) if 0 <= at < len(lines) else None
            if magic is None:
                raise
            lines[at] = (magic[1] or magic[2] or magic[3] or "") + "pass"


def run_cell(source: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run one cell; return ``{}`` or ``{"error": {"type", "message", "line"}}``."""
    try:
        code = cell_code(source)
        if code is not None:
            exec(code, namespace)
    except BaseException as error:  # SystemExit and KeyboardInterrupt are the student's too
        return {"error": describe(error)}
    return {}


def describe(error: BaseException) -> dict[str, Any]:
    """Return type, message (cut) and line of an error, as plain values."""
    line = getattr(error, "lineno", None)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<cell>":
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        message = str(error)
    except BaseException:
        message = ""
    message = message[:MAX_MESSAGE].encode("utf-8", "replace").decode("utf-8")
    return {
        "type": str(type(error).__name__)[:100],
        "message": message,
        "line": line if type(line) is int else None,
    }


def _input(prompt: object = "") -> str:
    raise EOFError("input() has nobody to ask while a notebook is graded; assign the value instead")


def serve(channel_in: int, channel_out: int) -> None:
    """Answer requests until the grader closes its end."""
    from multivector.grading import plain

    requests = os.fdopen(channel_in, "r", encoding="utf-8")

    def reply(message: dict[str, Any]) -> None:
        data = json.dumps(message, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        while data:
            data = data[os.write(channel_out, data) :]

    main = types.ModuleType("__main__")
    namespace = main.__dict__
    sys.modules["__main__"] = main
    builtins.input = _input
    namespace["display"] = lambda *args, **kwargs: None
    for name in ("multivector.grading", "otter"):
        stub = types.ModuleType(name)
        stub.Notebook = _Quiet  # type: ignore[attr-defined]
        sys.modules[name] = stub

    reply({"id": 0, "hello": True})
    for line in requests:
        request = json.loads(line)
        answer: dict[str, Any] = {"id": request["id"]}
        if request["op"] == "run":
            answer |= run_cell(request["source"], namespace)
        elif request["op"] == "get":
            try:
                answer["value"] = plain.encode(namespace.get(request["name"], ...))
            except BaseException:  # reading an attribute of a strange object may raise
                answer["value"] = {"k": "other", "type": "an object that cannot be read"}
        elif request["op"] == "call":
            try:
                args = [plain.to_pandas(plain.decode(a)) for a in request["args"]]
                answer["value"] = plain.encode(namespace[request["name"]](*args))
            except BaseException as error:
                answer["error"] = describe(error)
        reply(answer)


def main() -> None:
    """Set up the process (protocol on private descriptors, limits, paths) and serve."""
    settings = json.loads(sys.argv[1])
    channel_in, channel_out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    sys.path[:0] = settings["paths"]
    os.chdir(settings["home"])
    if settings["confine"]:
        from multivector.grading.confine import confine

        confine(settings["limits"])
    os.dup2(null, 2)  # last: until here an error of ours should reach the grader
    sys.argv = ["notebook"]
    serve(channel_in, channel_out)


if __name__ == "__main__":
    main()

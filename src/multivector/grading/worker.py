"""Inside the sandbox: run a student's cells and answer requests with plain values.

Started as a script with isolated, site-less Python. One request a line on standard input, one
reply a line on standard output, both JSON. It knows no test, no expected value and no other
submission; whatever a hostile cell does to it, the worst it can send is a wrong answer.
"""

from __future__ import annotations

import ast
import builtins
import importlib.machinery
import importlib.util
import inspect
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
#: Magics in front of Python, which runs as it would in Jupyter.
_TIMED = re.compile(r"(\s*)%(?:time|prun)\s+(?!-)(\S.*)$")
#: What a shell or a magic gives: ``files = !ls``. There is no shell here, so it gives nothing.
_GIVEN = re.compile(r"(\s*[\w, ]+=\s*)[!%][^=].*$")
_BODY = ("%%time", "%%timeit", "%%capture", "%%prun")
#: Libraries that draw, or belong to Colab and Jupyter: no answer depends on what they return.
_STUBBED = ("matplotlib", "seaborn", "google", "IPython", "ipywidgets", "tqdm")


class _Quiet:
    """Stands in for ``grader``: in the sandbox there is nothing to check against."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    @classmethod
    def from_text(cls, text: str) -> _Quiet:
        return cls()

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


class _Nothing:
    """Stands in for whatever a library that draws would give: takes every call, keeps nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _Nothing()

    def __getitem__(self, key: object) -> Any:
        return _Nothing()

    def __iter__(self) -> Any:
        return iter((_Nothing(), _Nothing()))

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def subplots(self, nrows: int = 1, ncols: int = 1, **kwargs: Any) -> Any:
        """Return a figure and as many axes as matplotlib would."""
        if nrows * ncols == 1:
            return _Nothing(), _Nothing()
        if 1 in (nrows, ncols):
            return _Nothing(), [_Nothing() for _ in range(nrows * ncols)]
        return _Nothing(), [[_Nothing() for _ in range(ncols)] for _ in range(nrows)]


class _StubModule(types.ModuleType):
    """A module of which every name can be imported and called."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "get_ipython":
            return lambda: _Nothing()
        return _Nothing.subplots.__get__(_Nothing()) if name == "subplots" else _Nothing()


class _Stubs:
    """Finds the modules of ``_STUBBED`` where they are not installed."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> Any:
        """Return a spec for a stub, ``None`` for any other module."""
        if name.partition(".")[0] not in _STUBBED:
            return None
        return importlib.machinery.ModuleSpec(name, _Stubs, is_package=True)

    @staticmethod
    def create_module(spec: Any) -> types.ModuleType:
        """Return the stub."""
        return _StubModule(spec.name)

    @staticmethod
    def exec_module(module: types.ModuleType) -> None:
        """There is nothing to run."""


def cell_code(source: str) -> types.CodeType | None:
    """Return a cell's compiled code, ``None`` for a cell that is not Python.

    What IPython adds does as it would there (``%time x = 1`` gives x), and shell lines become
    ``pass``. Raises ``SyntaxError``.
    """
    lines = source.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if lines[first].lstrip().startswith("%%"):
        if not lines[first].lstrip().startswith(_BODY):
            return None
        lines[first] = ""  # kept as a line, so that an error's line is the one in the notebook
    while True:
        try:
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            tree = compile("\n".join(lines), "<cell>", "exec", ast.PyCF_ONLY_AST | flags)
            return compile(tree, "<cell>", "exec", flags)
        except SyntaxError as error:
            # That line alone: one that looks the same may stand in a text. What takes its place is
            # no magic, so each line is replaced once at most.
            at = (error.lineno or 0) - 1
            line = lines[at] if 0 <= at < len(lines) else ""
            if timed := _TIMED.match(line):
                lines[at] = timed[1] + timed[2]
            elif given := _GIVEN.match(line):
                lines[at] = f"{given[1]}[]"
            elif magic := _MAGIC.match(line):
                lines[at] = (magic[1] or magic[2] or magic[3] or "") + "pass"
                while line.rstrip().endswith("\\") and at + 1 < len(lines):
                    at += 1
                    line, lines[at] = lines[at], ""
            else:
                raise


def run_cell(source: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """Run one cell; return ``{}`` or ``{"error": {"type", "message", "line"}}``."""
    try:
        code = cell_code(source)
        if code is not None:
            waiting = eval(code, namespace)
            if inspect.iscoroutine(waiting):
                import asyncio

                asyncio.run(waiting)
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
    namespace["get_ipython"] = lambda: _Nothing()
    sys.meta_path.append(_Stubs)  # last: what is installed is used
    drawing = importlib.util.find_spec("matplotlib")
    if drawing is not None and drawing.loader is _Stubs:
        # What pandas draws with, so that `table.plot()` does not end a cell.
        sys.modules["pandas.plotting._matplotlib"] = _StubModule("pandas.plotting._matplotlib")
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

"""Outside: one disposable sandbox per submission, and a conversation with the worker in it.

bubblewrap unshares every namespace, shows only the Python installation, the package, its tables
and the system's libraries (read-only), and dies with the grader. The reply of a worker is
untrusted: bounded in size, depth and time before it is parsed, and only ever a plain value.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from multivector.grading import plain

MAX_REPLY = 1_000_000
MAX_NESTING = 40
_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/alternatives")


class SandboxError(RuntimeError):
    """The sandbox cannot start here; the message says what to do about it."""


class Lost(BaseException):
    """The worker cannot be talked to any more. ``kind``: timeout, killed or tampered.

    Not an ``Exception``: a test that catches those must not mistake it for an answer.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are wall clock, sizes are bytes."""

    cell_seconds: float = 20.0
    total_seconds: float = 90.0
    start_seconds: float = 30.0
    memory: int = 2_000_000_000
    file: int = 16_000_000
    scratch: int = 64_000_000
    tasks: int = 64

    def inside(self) -> dict[str, int]:
        """Return the limits that the worker sets on itself."""
        cpu = int(self.total_seconds) + 1
        return {"memory": self.memory, "file": self.file, "cpu": cpu, "tasks": self.tasks}


@dataclass(frozen=True)
class Runtime:
    """Where the interpreter, its libraries and the book's package are on this machine."""

    python: str
    prefix: str
    libraries: tuple[str, ...]
    source: str
    data: str

    @classmethod
    def here(cls) -> Runtime:
        """Return the runtime of this very process: what grades is what runs."""
        import pandas

        from multivector import data

        package = Path(data.__file__).resolve().parent
        libraries = {str(Path(pandas.__file__).resolve().parents[1])}
        libraries.add(str(Path(sysconfig.get_path("purelib")).resolve()))
        python = Path(sys.base_prefix).resolve() / "bin" / f"python3.{sys.version_info.minor}"
        return cls(
            str(python),
            str(Path(sys.base_prefix).resolve()),
            tuple(sorted(p for p in libraries if Path(p).is_dir())),
            str(package),
            str(data.data_dir().resolve()),
        )


def worker_command(runtime: Runtime, limits: Limits, *, sandboxed: bool, home: str) -> list[str]:
    """Return the command that runs the worker, without a sandbox around it."""
    if sandboxed:
        source, libraries = "/book/src", [f"/site/{i}" for i in range(len(runtime.libraries))]
    else:
        source, libraries = str(Path(runtime.source).parent), list(runtime.libraries)
    settings = {
        "paths": [source, *libraries],
        "home": home,
        "limits": limits.inside(),
        "confine": sandboxed,
    }
    worker = f"{source}/multivector/grading/worker.py"
    # -I -S: no environment, no user site, no .pth file of the instructor's machine.
    return [runtime.python, "-I", "-S", "-B", worker, json.dumps(settings)]


def bwrap_command(runtime: Runtime, limits: Limits) -> list[str]:
    """Return the whole command: bubblewrap with its file system, then the worker.

    Raises ``SandboxError`` if bubblewrap is not installed.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError("bubblewrap (bwrap) is not installed")
    command = [bwrap, "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    command += ["--unshare-cgroup-try"]
    if os.geteuid() == 0:
        # The worker itself becomes nobody and enters a user namespace (see ``confine``).
        command += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user"]
    for path in _SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            command += ["--ro-bind", path, path]
    # bubblewrap makes missing parents for root alone, and the worker will not be root.
    for leaf in ("/site/0", "/book/src/multivector", runtime.prefix):
        for folder in reversed(Path(leaf).parents[:-1]):
            if not str(folder).startswith("/usr"):
                command += ["--perms", "0755", "--dir", str(folder)]
    if not runtime.prefix.startswith("/usr"):
        command += ["--ro-bind", runtime.prefix, runtime.prefix]
    for index, folder in enumerate(runtime.libraries):
        command += ["--ro-bind", folder, f"/site/{index}"]
    command += ["--ro-bind", runtime.source, "/book/src/multivector"]
    # Of the grader itself only what runs in there.
    room = "/book/src/multivector/grading"
    command += ["--perms", "0755", "--tmpfs", room]
    for name in ("__init__.py", "confine.py", "plain.py", "worker.py"):
        command += ["--ro-bind", f"{runtime.source}/grading/{name}", f"{room}/{name}"]
    command += ["--remount-ro", room]
    if not Path(runtime.data).is_relative_to(runtime.source):
        command += ["--ro-bind", runtime.data, "/book/data"]
    command += ["--proc", "/proc", "--dev", "/dev"]
    for path, size in (("/dev/shm", limits.file), ("/tmp", limits.scratch)):
        command += ["--perms", "1777", "--size", str(size), "--tmpfs", path]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    for name, value in (
        ("HOME", "/tmp"),
        ("LANG", "C.UTF-8"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("OPENBLAS_NUM_THREADS", "1"),
        ("OMP_NUM_THREADS", "1"),
        ("PLOTLY_RENDERER", "json"),
    ):
        command += ["--setenv", name, value]
    return [*command, "--", *worker_command(runtime, limits, sandboxed=True, home="/tmp")]


class Session:
    """One worker, from start to certain death. Use it as a context manager.

    Every request raises ``Lost`` if the worker dies, is late, or answers what no worker of ours
    would. Raises ``SandboxError`` at entry if it does not come up.
    """

    def __init__(self, runtime: Runtime, limits: Limits, *, sandboxed: bool = True) -> None:
        self._runtime, self._limits, self._sandboxed = runtime, limits, sandboxed
        self._count = 0
        self._buffer = b""
        self._deadline = 0.0
        self._scratch: str | None = None

    def __enter__(self) -> Self:
        environment: dict[str, str] = {}
        if self._sandboxed:
            command = bwrap_command(self._runtime, self._limits)
        else:
            self._scratch = tempfile.mkdtemp(prefix="multivector-")
            command = worker_command(
                self._runtime, self._limits, sandboxed=False, home=self._scratch
            )
            environment = {"HOME": self._scratch, "PATH": os.defpath, "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            os.set_blocking(stream.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._deadline = time.monotonic() + self._limits.total_seconds
        try:
            hello = self._read(time.monotonic() + self._limits.start_seconds)
            if set(hello) != {"id", "hello"}:
                raise SandboxError("the worker did not say hello")
        except (Lost, SandboxError) as error:
            complaint = self._complaint()
            self.__exit__()
            raise SandboxError(complaint or str(error)) from None
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # The group first (bubblewrap and its init), which ends the whole process namespace.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._selector.close()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def run(self, source: str) -> dict[str, Any] | None:
        """Run one cell; return ``None`` or its error (type, message, line)."""
        reply = self._ask({"op": "run", "source": source}, {"error"})
        return _error(reply["error"]) if "error" in reply else None

    def get(self, name: str) -> Any:
        """Return the plain value of a name; a function comes back as something to call."""
        reply = self._ask({"op": "get", "name": name}, {"value"})
        return self._decode(reply, lambda *args: self.call(name, *args))

    def call(self, name: str, *args: Any) -> Any:
        """Call the student's function with plain arguments; raises ``AnswerError`` if it did."""
        message = {"op": "call", "name": name, "args": [plain.argument(a) for a in args]}
        reply = self._ask(message, {"value", "error"})
        if "error" in reply:
            error = _error(reply["error"])
            raise plain.AnswerError(f"{error['type']}: {error['message']}")
        return self._decode(reply, None)

    def _decode(self, reply: dict[str, Any], call: Any) -> Any:
        try:
            return plain.decode(reply.get("value"), call)
        except plain.PlainError as error:
            raise Lost("tampered", str(error)) from None

    def _ask(self, message: dict[str, Any], allowed: set[str]) -> dict[str, Any]:
        if self._buffer or self._selector.select(0):
            # Nobody asked yet: either it died, or somebody else is writing on its line.
            if self._peek_end():
                raise Lost("killed", "the process ended by itself")
            raise Lost("tampered", "an answer came before its question")
        self._count += 1
        deadline = min(time.monotonic() + self._limits.cell_seconds, self._deadline)
        self._write(json.dumps(message | {"id": self._count}).encode() + b"\n", deadline)
        reply = self._read(deadline)
        if reply.get("id") != self._count or not set(reply) <= allowed | {"id"}:
            raise Lost("tampered", "an answer does not belong to its question")
        return reply

    def _peek_end(self) -> bool:
        if self._buffer:
            return False
        try:
            self._buffer = os.read(self._process.stdout.fileno(), 65536)
        except BlockingIOError:
            return False
        return not self._buffer

    def _write(self, data: bytes, deadline: float) -> None:
        descriptor = self._process.stdin.fileno()
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Lost("timeout", "the process stopped listening") from None
                time.sleep(0.01)
            except BrokenPipeError:
                raise Lost("killed", "the process ended by itself") from None

    def _read(self, deadline: float) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_REPLY:
                raise Lost("tampered", "an answer is far too long")
            remaining = deadline - time.monotonic()
            if remaining <= 0 or not self._selector.select(remaining):
                raise Lost("timeout", "a cell or function ran past its time limit")
            try:
                chunk = os.read(self._process.stdout.fileno(), 65536)
            except BlockingIOError:
                continue
            if not chunk:
                raise Lost("killed", "the process ended in the middle of a cell or function")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return parse_reply(line)

    def _complaint(self) -> str:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
            return (os.read(self._process.stderr.fileno(), 4096) or b"").decode("utf-8", "replace")
        return ""


def parse_reply(line: bytes) -> dict[str, Any]:
    """Return one reply as a dictionary; raises ``Lost("tampered")`` for any other bytes."""
    if len(line) > MAX_REPLY:
        raise Lost("tampered", "an answer is far too long")
    depth = 0
    for byte in line:
        # Brackets inside text count too: an honest answer never comes near the limit.
        if byte in b"[{":
            depth += 1
            if depth > MAX_NESTING and _depth(line) > MAX_NESTING:
                raise Lost("tampered", "an answer is nested far too deep")
        elif byte in b"]}":
            depth -= 1
    try:
        reply = json.loads(line.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Lost("tampered", "an answer is not in the format") from None
    if type(reply) is not dict or type(reply.get("id")) is not int:
        raise Lost("tampered", "an answer is not in the format")
    return reply


def _depth(line: bytes) -> int:
    """Return the deepest nesting of brackets outside JSON strings."""
    deepest = depth = 0
    quoted = escaped = False
    for byte in line:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _error(value: Any) -> dict[str, Any]:
    if type(value) is not dict or type(value.get("type")) is not str:
        raise Lost("tampered", "an error is not in the format")
    line, message = value.get("line"), value.get("message")
    return {
        "type": plain.writable(value["type"][:100]),
        "message": plain.writable(message[:300]) if type(message) is str else "",
        "line": line if type(line) is int and 0 < line < 100_000 else None,
    }


def probe(runtime: Runtime, limits: Limits) -> None:
    """Raise ``SandboxError``, with instructions, unless a sandbox starts and answers here."""
    try:
        with Session(runtime, limits) as session:
            if session.get("nothing") is not plain.UNANSWERED:
                raise SandboxError("the worker does not answer")
    except (SandboxError, OSError, Lost) as error:
        raise SandboxError(explain(str(error))) from None


def explain(complaint: str) -> str:
    """Return what to tell an instructor whose machine cannot start the sandbox."""
    lines = [
        "Submissions are programs by people you do not know, so they are graded only in a sandbox,",
        f"and it does not start here: {complaint.strip().splitlines()[-1] if complaint else '?'}",
        "",
    ]
    if "not installed" in complaint:
        lines += ["Debian or Ubuntu: apt install bubblewrap. Fedora: dnf install bubblewrap."]
    elif "uid map" in complaint or "Permission denied" in complaint:
        lines += [
            "Ubuntu 23.10 and later need an AppArmor profile that lets bwrap create user",
            "namespaces: see exercises/README.md, section 'The sandbox'.",
        ]
    lines += [
        "macOS and Windows have no bubblewrap: use the container of exercises/README.md.",
        "--no-sandbox grades without any protection: only for notebooks you wrote yourself.",
    ]
    return "\n".join(lines)

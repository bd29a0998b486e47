"""What students handed in: a folder, a Canvas zip or a Moodle zip, read and never touched.

Nothing is unpacked to disk, no link is followed, every size is bounded. File names tell whose a
notebook is; its contents never do.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import threading
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

MAX_BYTES = 100_000_000
#: From here on one file at a time: JSON takes thirty bytes a byte at worst, outside every sandbox
_LARGE_BYTES = 5_000_000
_LARGE = threading.Lock()
MAX_CELLS = 1_000
MAX_FILES = 20_000
_CANVAS = re.compile(r"^(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<turn>\d+)_(?P<file>.+)$")
_MOODLE = re.compile(
    r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)$"
)
_IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini", "index.html"}


class NotebookError(ValueError):
    """A file that is no notebook this grader can run; the message is for student and instructor."""


class SubmissionsError(ValueError):
    """A folder or zip that cannot be read at all."""


@dataclass(frozen=True)
class Submission:
    """One student's row to be: who, which file, and how to read it (``None``: nothing to read)."""

    key: str
    name: str
    lms_id: str
    file: str
    load: Callable[[], bytes] | None
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Owner:
    """Whose a file is, as its name says. ``turn``: of two attempts the greater is the later."""

    name: str
    lms_id: str = ""
    turn: tuple[int, int] = (0, 0)
    late: bool = False


@dataclass(frozen=True)
class _Entry:
    path: PurePosixPath
    regular: bool
    load: Callable[[], bytes]


@dataclass(frozen=True)
class Script:
    """The code cells of a notebook in order, and a digest of everything its author wrote."""

    cells: tuple[str, ...]
    digest: str


def collect(source: Path) -> list[Submission]:
    """Return one submission per student found in a folder or zip, sorted by key.

    Raises ``SubmissionsError`` if ``source`` is neither, or a zip that is damaged.
    """
    if source.is_dir():
        entries = list(_walk(source))
    elif zipfile.is_zipfile(source):
        try:
            entries = _zip_entries(source)
        except zipfile.BadZipFile as error:
            raise SubmissionsError(f"{source} is damaged: {error}; download it again") from None
    else:
        raise SubmissionsError(f"{source} is neither a folder nor a zip of submissions")
    groups: dict[str, list[tuple[_Owner, _Entry]]] = {}
    for entry in entries:
        owner = _owner(entry.path)
        groups.setdefault(owner.lms_id or owner.name, []).append((owner, entry))
    return [_choose(key, files) for key, files in sorted(groups.items())]


def _walk(root: Path) -> Iterator[_Entry]:
    pending, count = [root], 0
    while pending:
        folder = pending.pop()
        for item in sorted(os.scandir(folder), key=lambda e: os.fsencode(e.name)):
            if item.name.startswith(".") or item.name in _IGNORED:
                continue
            count += 1
            if count > MAX_FILES:
                raise SubmissionsError(f"more than {MAX_FILES} files under {root}")
            path = Path(item.path)
            if item.is_dir(follow_symlinks=False):
                pending.append(path)
                continue
            shown = PurePosixPath(*[_clean(p) for p in path.relative_to(root).parts])
            yield _Entry(shown, item.is_file(follow_symlinks=False), _file_reader(path))


def _file_reader(path: Path) -> Callable[[], bytes]:
    def load() -> bytes:
        # O_NOFOLLOW and the second look: the file may have become a link or a pipe meanwhile.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotebookError("not an ordinary file")
            return file.read(MAX_BYTES + 1)

    return load


def _zip_entries(source: Path) -> list[_Entry]:
    entries = []
    with zipfile.ZipFile(source) as archive:
        infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise SubmissionsError(f"more than {MAX_FILES} files in {source.name}")
    for info in infos:
        parts = [p for p in re.split(r"[/\\]", _zip_name(info)) if p not in ("", ".", "..")]
        hidden = any(p.startswith(".") or p in _IGNORED for p in parts)
        if info.is_dir() or not parts or hidden:
            continue
        regular = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
        path = PurePosixPath(*[_clean(p) for p in parts])
        entries.append(_Entry(path, regular, _zip_reader(source, info)))
    return entries


def _zip_name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 0x800:
        return info.filename
    # Without the UTF-8 flag Python assumes cp437; Moodle writes UTF-8, Russian Windows cp866.
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "cp866"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _zip_reader(source: Path, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def load() -> bytes:
        try:
            with zipfile.ZipFile(source) as archive, archive.open(info) as file:
                return file.read(MAX_BYTES + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as e:
            raise NotebookError(f"cannot be unpacked: {e}") from None
        except OSError as error:
            raise NotebookError(f"cannot be read: {error.strerror}") from None
        except Exception as error:  # zlib and lzma have their own
            raise NotebookError(f"cannot be unpacked: {type(error).__name__}") from None

    return load


def _clean(text: str) -> str:
    """Return a name fit to print: NFC, no control characters, no direction overrides."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    kept = (c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "C")
    return "".join(kept).strip()[:200] or "unnamed"


def _owner(path: PurePosixPath) -> _Owner:
    """Return the student whose file this is, from its path alone."""
    first = path.parts[0]
    # Canvas first: behind its ids stands the student's own file name, which may look like Moodle's
    # with another student's id.
    for pattern in (_CANVAS, _MOODLE):
        match = pattern.match(first)
        if match:
            # Canvas appends -1, -2 to the file name of a later attempt.
            again = re.search(r"-(\d+)\.[^.]+$", match["file"] or "")
            said = match.groupdict()
            turn = (int(said.get("turn") or 0), int(again[1]) if again else 0)
            return _Owner(match["name"].strip(), match["id"], turn, bool(said.get("late")))
    name = first if len(path.parts) > 1 else PurePosixPath(first).stem
    return _Owner(name.strip() or "unnamed")


def _choose(key: str, files: list[tuple[_Owner, _Entry]]) -> Submission:
    notebooks = [(o, e) for o, e in files if e.path.suffix.lower() == ".ipynb"]
    # The latest turn; among equals the shortest path, then the name: a rule, not chance.
    notebooks.sort(key=lambda f: (len(f[1].path.parts), str(f[1].path)))
    notebooks.sort(key=lambda f: f[0].turn, reverse=True)
    owner, entry = (notebooks or files)[0]
    common = {"key": key, "name": owner.name, "lms_id": owner.lms_id, "file": str(entry.path)}
    if not notebooks:
        problem = f"no notebook: {entry.path.name} is not an .ipynb file"
        return Submission(**common, load=None, problem=problem)
    if not entry.regular:
        return Submission(**common, load=None, problem="a link or device, not a file: not followed")
    notes = [f"{len(notebooks)} notebooks, graded the latest"] if len(notebooks) > 1 else []
    if owner.late:
        notes.append("late")
    return Submission(**common, load=entry.load, note="; ".join(notes))


def read_script(data: bytes) -> Script:
    """Return the code cells of a notebook's bytes (nbformat 3 and 4).

    Raises ``NotebookError``, in words for the student, for anything else.
    """
    try:
        with _LARGE if len(data) > _LARGE_BYTES else contextlib.nullcontext():
            return _script(data)
    except NotebookError:
        raise
    except Exception as error:  # whatever a stranger thought of, it is theirs alone
        raise NotebookError(f"not a notebook that can be read: {type(error).__name__}") from None


def _script(data: bytes) -> Script:
    if len(data) > MAX_BYTES:
        raise NotebookError(f"larger than {MAX_BYTES // 1_000_000} MB")
    if not data.strip():
        raise NotebookError("the file is empty")
    notebook = _parse(data)
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):
        sheets = [s for s in notebook["worksheets"] if isinstance(s, dict)]
        parts = [s.get("cells") for s in sheets]
        cells = [c for part in parts if isinstance(part, list) for c in part]
    if not isinstance(cells, list) or not all(isinstance(c, dict) for c in cells):
        raise NotebookError("JSON, but not a notebook: it has no cells")
    if len(cells) > MAX_CELLS:
        raise NotebookError(f"more than {MAX_CELLS} cells")
    language = _language(notebook)
    if language not in ("", "python", "ipython"):
        raise NotebookError(f"its kernel is {language!r}; Python is asked for")
    sources = [(c.get("cell_type"), _source(c)) for c in cells]
    written = "\n".join(f"{kind}:{' '.join(source.split())}" for kind, source in sources)
    digest = hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()
    return Script(tuple(s for kind, s in sources if kind == "code" and s.strip()), digest)


def _parse(data: bytes) -> dict[str, Any]:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise NotebookError("not in UTF-8: save it again from Jupyter") from None
    try:
        notebook = json.loads(text)
    except RecursionError:
        raise NotebookError("nested too deep to be a notebook") from None
    except ValueError as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotebookError(f"not a notebook, or cut off while saving{where}") from None
    if not isinstance(notebook, dict):
        raise NotebookError("JSON, but not a notebook")
    return notebook


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    for section, field in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(section)
        if isinstance(part, dict) and isinstance(part.get(field), str):
            return _clean(part[field]).lower()[:40]
    return ""


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(s for s in source if isinstance(s, str))
    return source if isinstance(source, str) else ""

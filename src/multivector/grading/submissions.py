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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from multivector.grading.lms import Student, decode, known, plain_name, sheet

MAX_BYTES = 100_000_000
#: From here on one file at a time: JSON takes thirty bytes a byte at worst, outside every sandbox
_LARGE_BYTES = 5_000_000
_LARGE = threading.Lock()
MAX_CELLS = 1_000
MAX_FILES = 20_000
#: How the systems name what they hand out, tried in this order on the path with slashes. Named
#: parts: ``name`` or ``id``, and where there is one ``turn`` (the later attempt has the greater).
#: Canvas is read apart: a name may itself end in a number, so its parts are counted from all sides.
LAYOUTS = {
    "moodle": r"^(?P<name>[^/]+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?",
    "blackboard": r"^(?:[^/]*/)?[^/]+_(?P<id>[^_/]+)_attempt_(?P<turn>\d{4}(?:-\d\d){5})(?:_|\.)",
    "teams": r"^(?P<name>[^/]+)/[^/]+/Version (?P<turn>\d+)/",
    "classroom": r"^(?P<name>[^/]+?) [-\u2013] [^/]+$",
}
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
    #: What the row is called where there is nothing to load.
    status: str = "unreadable"


@dataclass(frozen=True)
class _Owner:
    """Whose a file is, as its name says. ``turn``: of two attempts the greater is the later.

    ``unsure``: why nobody can say whose it is.
    """

    name: str
    lms_id: str = ""
    turn: tuple[int, int] = (0, 0)
    late: bool = False
    layout: str = ""
    unsure: str = ""


@dataclass(frozen=True)
class _Entry:
    path: PurePosixPath
    regular: bool
    load: Callable[[], bytes]


@dataclass(frozen=True)
class Script:
    """The code cells of a notebook in order, its text cells, and a digest of all of it."""

    cells: tuple[str, ...]
    digest: str
    texts: tuple[str, ...] = ()


def collect(
    source: Path,
    roster: Sequence[Student] = (),
    *,
    owners: Mapping[str, str] | None = None,
    layouts: Mapping[str, str] | None = None,
    groups: Iterable[str] = (),
    fits: Callable[[Script], bool] | None = None,
) -> list[Submission]:
    """Return one submission per student found in a folder or zip, sorted by key.

    ``roster``: decides where a file's name can be read in two ways; what still fits two students
    is nobody's. ``owners``: {path of a file, or its first part: student's id}, what a person said.
    ``groups``: names of groups; a file under one is no student's. ``layouts``: patterns of an
    instructor's, tried before ``LAYOUTS``. ``fits``: whether a notebook
    is of this assignment; of several the latest that fits is taken. Raises ``SubmissionsError`` if
    ``source`` is neither a folder nor a zip, if the zip is damaged, or a pattern is none.
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
    entries = _inner(entries, roster)
    read = _Reader(roster, owners or {}, {**(layouts or {}), **LAYOUTS}, groups)
    groups: dict[str, list[tuple[_Owner, _Entry]]] = {}
    for owner, entry in _undisputed([(read.owner(e.path), e) for e in entries]):
        groups.setdefault(owner.lms_id or owner.name, []).append((owner, entry))
    return [_choose(key, files, fits) for key, files in sorted(groups.items())]


def read_owners(path: Path) -> dict[str, str]:
    """Return {file or its first folder: id} of a table with the columns ``file`` and ``id``.

    Raises ``ListError`` for any other table.
    """
    table = sheet(decode(path.read_bytes(), path.name))
    file, who = table.column("file"), table.column("id")
    rows = (r for r in table.records[1:] if len(r) > max(file, who))
    return {_clean(r[file].value): r[who].value.strip() for r in rows if r[who].value.strip()}


def _inner(entries: list[_Entry], roster: Sequence[Student]) -> list[_Entry]:
    """Return the entries without the folders around all of them, as zipping again makes them.

    What is inside has to look like a class: named as a system names files, or by the roster, or,
    without one, a folder for each of several. A student's own folder stays.
    """
    names = {plain_name(n) for s in roster for n in (s.name, s.id)}

    def somebody(part: str) -> bool:
        named = _canvas(part) or any(re.match(p, f"{part}/") for p in LAYOUTS.values())
        return bool(named) or plain_name(_stem(part)) in names

    paths = [e.path.parts for e in entries if _is_notebook(e.path)]
    for depth in range(1, min((len(p) for p in paths), default=1)):
        if len({p[:depth] for p in paths}) > 1 or somebody(paths[0][depth - 1]):
            break
        inside = {p[depth] for p in paths}
        folders = len(inside) > 1 and all(len(p) > depth + 1 for p in paths)
        if any(map(somebody, inside)) or (folders and not roster):
            around = paths[0][:depth]
            return [
                replace(e, path=PurePosixPath(*e.path.parts[depth:]))
                if e.path.parts[:depth] == around and len(e.path.parts) > depth
                else e
                for e in entries
            ]
    return entries


def _is_notebook(path: PurePosixPath) -> bool:
    # Some browsers save a notebook under these names.
    return path.name.lower().endswith((".ipynb", ".ipynb.txt", ".ipynb.json"))


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
    for encoding in ("utf-8", _dos_or_windows(raw)):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _dos_or_windows(raw: bytes) -> str:
    """Return cp866 or cp1251, in which Russian archivers write names without saying so.

    In cp1251 the letters lie from 0xC0 on; in cp866 most lie below, where cp1251 has signs.
    """
    high = [b for b in raw if b > 127]
    return "cp1251" if high and all(b >= 0xC0 or b in (0xA8, 0xB8) for b in high) else "cp866"


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


class _Reader:
    """Tells from a path whose a file is."""

    def __init__(
        self,
        roster: Sequence[Student],
        owners: Mapping[str, str],
        layouts: Mapping[str, str],
        groups: Iterable[str],
    ) -> None:
        self._groups = set(map(plain_name, groups))
        self._students, self._said = {s.id: s for s in roster}, owners
        try:
            self._layouts = {name: re.compile(pattern) for name, pattern in layouts.items()}
        except re.error as error:
            raise SubmissionsError(f"a layout is no regular expression: {error}") from None
        self._names = known(roster)

    def owner(self, path: PurePosixPath) -> _Owner:
        """Return the student whose file this is."""
        first, whole = path.parts[0], str(path)
        plain = first if len(path.parts) > 1 else _stem(first)
        for key in (whole, first):
            if key in self._said:
                who = self._said[key]
                return _Owner(self._students[who].name if who in self._students else plain, who)
        # Canvas first: behind its ids stands the student's own file name, which may look like
        # Moodle's with another student's id.
        readings = _canvas(first)
        for reading in readings:
            if plain_name(reading.name) in self._groups:
                return replace(reading, lms_id="")
        if readings:
            return self._decided(readings, plain)
        for name, pattern in self._layouts.items():
            match = pattern.match(whole)
            if match is None:
                continue
            said = match.groupdict()
            who, given = said.get("id") or "", (said.get("name") or "").strip()
            if name == "classroom" and plain_name(given) not in self._names:
                continue  # a dash is in many file names
            turn = (int(re.sub(r"\D", "", said.get("turn") or "") or 0), 0)
            found = _Owner(given or who, who, turn, layout=name)
            if plain_name(found.name) in self._groups:
                return replace(found, lms_id="")
            return self._checked(found, plain) if name == "moodle" else found
        return _Owner(plain.strip() or "unnamed")

    def _decided(self, readings: list[_Owner], plain: str) -> _Owner:
        """Return the one reading of a Canvas name that the roster allows."""
        if len(readings) == 1:
            return readings[0]
        if not self._students:
            return replace(readings[0], layout="canvas?")
        fitting = [r for r in readings if self._agrees(r)]
        if len(fitting) == 1:
            return fitting[0]
        ids = " or ".join(r.lms_id for r in readings)
        return _Owner(plain, unsure=f"the file's name may mean the student {ids}")

    def _checked(self, found: _Owner, plain: str) -> _Owner:
        """Return a reading of a Moodle name if the roster has that name under that number.

        For a team Moodle writes the number of the group, which may be a student's as well.
        """
        if found.lms_id not in self._students or self._agrees(found):
            return found
        name = self._students[found.lms_id].name
        why = f"the file says {found.name!r}, but {found.lms_id} is {name!r} on the roster"
        return _Owner(plain, unsure=f"{why}: is it a group (--groups)?")

    def _agrees(self, found: _Owner) -> bool:
        """Return whether the roster's student of this id has the name in the file."""
        student = self._students.get(found.lms_id)
        if student is None:
            return False
        left = plain_name(found.name)
        if plain_name(f"{found.name} {student.id}") in map(plain_name, student.others):
            return True  # marked anonymously: Participant 881
        if student.name == student.id or left == plain_name(student.name):
            return True
        for word in sorted(map(plain_name, student.name.split()), key=len, reverse=True):
            if word not in left:
                return False
            left = left.replace(word, "", 1)
        return not left


def _stem(name: str) -> str:
    for ending in (".txt", ".json"):
        if name.lower().endswith(f".ipynb{ending}"):
            name = name[: -len(ending)]
    return PurePosixPath(name).stem


def _canvas(first: str) -> list[_Owner]:
    """Return every way to read a name as Canvas's ``name_[LATE_]student_upload_file``."""
    parts, found = first.split("_"), []
    # Canvas appends -1, -2 to the file name of a later attempt.
    again = re.search(r"-(\d+)\.[^.]+$", first)
    for i in range(1, len(parts) - 2):
        if not (parts[i].isdecimal() and parts[i + 1].isdecimal()):
            continue
        late = i > 1 and parts[i - 1] == "LATE"
        name = "_".join(parts[: i - 1 if late else i]).strip()
        turn = (int(parts[i + 1]), int(again[1]) if again else 0)
        found.append(_Owner(name, parts[i], turn, late, "canvas"))
    return found


def _undisputed(files: list[tuple[_Owner, _Entry]]) -> list[tuple[_Owner, _Entry]]:
    """Return the files, those of one id under two names turned into nobody's.

    A name that could be read in one way only keeps its file.
    """
    names: dict[str, set[str]] = {}
    for owner, _ in files:
        if owner.layout.startswith("canvas") and owner.lms_id:
            names.setdefault(owner.lms_id, set()).add(plain_name(owner.name))
    found = []
    for owner, entry in files:
        disputed = len(names.get(owner.lms_id, ())) > 1
        sure = {
            plain_name(o.name)
            for o, _ in files
            if o.lms_id == owner.lms_id and o.layout == "canvas"
        }
        if disputed and (owner.layout == "canvas?" or len(sure) > 1):
            why = f"two files of different names would both be the student {owner.lms_id}"
            owner = _Owner(_stem(entry.path.parts[0]), unsure=why)
        found.append((owner, entry))
    return found


def _choose(
    key: str, files: list[tuple[_Owner, _Entry]], fits: Callable[[Script], bool] | None
) -> Submission:
    notebooks = [(o, e) for o, e in files if _is_notebook(e.path)]
    # The latest turn; among equals the shortest path, then the name: a rule, not chance.
    notebooks.sort(key=lambda f: (len(f[1].path.parts), str(f[1].path)))
    notebooks.sort(key=lambda f: f[0].turn, reverse=True)
    count = len(notebooks)
    others = []
    if fits is not None and count > 1:
        others = [f for f in notebooks if not _fitting(f[1], fits)]
        notebooks = [f for f in notebooks if f not in others] or notebooks
    owner, entry = (notebooks or files)[0]
    common = {"key": key, "name": owner.name, "lms_id": owner.lms_id, "file": str(entry.path)}
    if owner.unsure:
        problem = f"{owner.unsure}; say whose it is with --owners"
        return Submission(**common, load=None, problem=problem, status="unknown")
    if not notebooks:
        problem = f"no notebook: {entry.path.name} is not an .ipynb file"
        return Submission(**common, load=None, problem=problem)
    if not entry.regular:
        return Submission(**common, load=None, problem="a link or device, not a file: not followed")
    notes = [f"{count} notebooks, graded the latest"] if count > 1 else []
    if others and len(others) < count:
        notes = [f"{count} notebooks, graded the latest of this assignment"]
    if owner.late:
        notes.append("late")
    return Submission(**common, load=entry.load, note="; ".join(notes))


def _fitting(entry: _Entry, fits: Callable[[Script], bool]) -> bool:
    """Return whether a notebook is of this assignment; one that cannot be read may be."""
    if not entry.regular:
        return True
    try:
        return fits(read_script(entry.load()))
    except (NotebookError, OSError):
        return True


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
    code = tuple(s for kind, s in sources if kind == "code" and s.strip())
    return Script(code, digest, tuple(s for kind, s in sources if kind == "markdown" and s.strip()))


def _parse(data: bytes) -> dict[str, Any]:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise NotebookError("not in UTF-8: save it again from Jupyter") from None
    if "<<<<<<< " in text and ">>>>>>> " in text and '"cells"' in text:
        raise NotebookError(
            "two versions are in it, with git's marks <<<<<<< and >>>>>>> between them: "
            "keep one version, and save it again from Jupyter"
        )
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

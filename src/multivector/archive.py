"""Files written whole, and zips whose bytes depend on their files alone: no clock, no owner."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

#: The earliest date that a zip can say
EPOCH = (1980, 1, 1, 0, 0, 0)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, and its folder, so that a reader sees all of it or none.

    However many processes write it at once. Raises ``OSError`` and then leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Cut: with our own around it, a long name must still be one that a file can have.
    part = path.with_name(f".{path.name[:60]}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def pack(
    target: Path, files: Mapping[str, bytes], *, first: Mapping[str, bytes] | None = None
) -> None:
    """Write ``files`` (name in the zip -> bytes) to ``target``, whole or not at all.

    ``first``: files that must stand first and unpacked, as an ePub's ``mimetype``.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (first or {}).items():
            archive.writestr(entry(name, zipfile.ZIP_STORED), data)
        for name in sorted(files):
            archive.writestr(entry(name), files[name])
    write_whole(target, packed.getvalue())


def entry(name: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """Return the entry of a plain file: the date of no clock, readable by everybody."""
    info = zipfile.ZipInfo(name, EPOCH)
    info.compress_type = compression
    info.create_system = 3  # else the bytes would name the system that wrote them
    info.external_attr = 0o644 << 16
    return info


def folder(path: Path, prefix: str = "") -> dict[str, bytes]:
    """Return every file below ``path`` as ``pack`` wants it, each name after ``prefix``."""
    return {
        prefix + file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }

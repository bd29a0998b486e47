"""A zip whose bytes depend on its files alone: sorted names, no clock, no owner."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

#: The earliest date that a zip can say
EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(
    target: Path, files: Mapping[str, bytes], *, first: Mapping[str, bytes] | None = None
) -> None:
    """Write ``files`` (name in the zip -> bytes) to ``target``, whole or not at all.

    ``first``: files that must stand first and unpacked, as an ePub's ``mimetype``.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (first or {}).items():
            archive.writestr(entry(name, zipfile.ZIP_STORED), data)
        for name in sorted(files):
            archive.writestr(entry(name), files[name])
    part.replace(target)


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

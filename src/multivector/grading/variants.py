"""A student's own years, partners and numbers: what a source may vary, and who gets which.

A source lists the choices of each parameter in its front matter and names them in double braces;
the first choice is the book's. Which one a student gets follows from the course seed, a secret of
the instructor's, and the student's id, never from anything that a student writes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PLACE = re.compile(r"\{\{ ([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)?) \}\}")
#: Shorter, and a class could try all of them.
MIN_SEED = 16


class SourceError(ValueError):
    """An assignment's source that cannot be built; the message names the question."""


class SeedError(ValueError):
    """A course seed that would protect nothing."""


def parameters(front: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Return {name: choices} as ``multivector: parameters:`` of a front matter declares them.

    A choice is text, a number, or a mapping of such: values that only make sense together, such as
    a country's code and its name, are one parameter. Raises ``SourceError`` for anything else.
    """
    declared = front.get("parameters") or {}
    if not isinstance(declared, Mapping):
        raise SourceError("parameters: a list of choices under each name, the book's choice first")
    for name, choices in declared.items():
        if not isinstance(choices, list) or len(choices) < 2:
            raise SourceError(f"parameter {name}: a list of two choices or more, the book's first")
        shapes = {tuple(sorted(c)) if isinstance(c, Mapping) else None for c in choices}
        if len(shapes) > 1:
            raise SourceError(f"parameter {name}: its choices do not have the same parts")
        for value in (v for c in choices for v in _values(name, c).values()):
            # YAML reads a bare no, off or a blank as something else than text.
            if isinstance(value, bool) or not isinstance(value, (str, int, float)):
                raise SourceError(f"parameter {name}: {value!r} is no text or number (quote it?)")
        if len({repr(c) for c in choices}) < len(choices):
            raise SourceError(f"parameter {name}: the same choice twice")
    return {name: tuple(choices) for name, choices in declared.items()}


def drawn(
    front: Mapping[str, Any], declared: Mapping[str, tuple[Any, ...]]
) -> dict[str, tuple[Any, ...]]:
    """Return {name: choices} that variants are drawn from: an overlay's own, else the declared.

    Raises ``SourceError`` for a parameter, or a part of one, that the source does not have.
    """
    own = front.get("draws") or {}
    if not isinstance(own, Mapping) or set(own) - set(declared):
        raise SourceError(f"the assignment's parameters are: {', '.join(declared) or 'none'}")
    for name, choices in own.items():
        # The book's choice beside them: they must have its parts.
        parameters({"parameters": {name: [declared[name][0], *_others(name, choices, declared)]}})
    return {name: tuple(own.get(name, choices)) for name, choices in declared.items()}


def _others(name: str, choices: Any, declared: Mapping[str, tuple[Any, ...]]) -> list[Any]:
    if not isinstance(choices, list) or not choices:
        raise SourceError(f"parameter {name}: a list of choices")
    others = [c for c in choices if c != declared[name][0]]
    return others or [declared[name][1]]


def _values(name: str, choice: Any) -> dict[str, Any]:
    """Return {placeholder: value} of one choice."""
    if isinstance(choice, Mapping):
        return {f"{name}.{part}": value for part, value in choice.items()}
    return {name: choice}


def default(declared: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
    """Return the book's choice of every parameter."""
    return {name: choices[0] for name, choices in declared.items()}


def substitute(text: str, chosen: Mapping[str, Any]) -> str:
    """Return a source with every ``{{ name }}`` and ``{{ name.part }}`` replaced by its value.

    Raises ``SourceError`` for a name that is no parameter, and for a parameter never named.
    """
    result = filled(text, chosen)
    idle = set(chosen) - {used.partition(".")[0] for used in _PLACE.findall(text)}
    if idle:
        raise SourceError(f"parameter {sorted(idle)[0]} occurs nowhere in the source")
    return result


def filled(text: str, chosen: Mapping[str, Any]) -> str:
    """Return any part of a source with its values in place; raises ``SourceError`` as above."""
    values = {k: v for name, choice in chosen.items() for k, v in _values(name, choice).items()}
    strangers = sorted(set(_PLACE.findall(text)) - set(values))
    if strangers:
        raise SourceError(f"{{{{ {strangers[0]} }}}} is no parameter of this assignment")
    return _PLACE.sub(lambda match: str(values[match[1]]), text)


def read_seed(path: Path) -> str:
    """Return the course seed of a file; raises ``SeedError`` for one that can be guessed."""
    try:
        return _checked(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise SeedError(f"{path} holds no text: the course seed is a line of UTF-8") from None


def _checked(seed: str) -> str:
    seed = seed.strip()
    if len(seed) < MIN_SEED:
        raise SeedError(f"the course seed needs {MIN_SEED} characters or more that nobody knows")
    return seed


def draw(
    declared: Mapping[str, tuple[Any, ...]], seed: str, slug: str, student: str
) -> dict[str, Any]:
    """Return one student's choices. The same on every machine and Python: a keyed hash.

    ``student`` is the id of the roster or of the LMS's file name. Raises ``SeedError`` for a seed
    that can be guessed.
    """
    seed, student = _checked(seed), unicodedata.normalize("NFC", student.strip())
    chosen = {}
    for name, choices in declared.items():
        message = "\0".join((slug, student, name)).encode("utf-8", "replace")
        digest = hmac.digest(seed.encode(), message, hashlib.sha256)
        chosen[name] = choices[int.from_bytes(digest) % len(choices)]
    return chosen

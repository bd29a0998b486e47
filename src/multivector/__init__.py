"""Data, indicators, models and charts behind the book *Multi-Vector*."""

from typing import Any

__all__ = ["glue", "load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Late, so that ``python -m multivector.data`` runs the module it names and only once.
    if name == "load":
        from multivector.data import load

        return load
    if name == "glue":
        from multivector.prose import glue

        return glue
    raise AttributeError(f"module 'multivector' has no attribute {name!r}")

"""Data, indicators, models and charts behind the book *Multi-Vector*."""

from typing import Any

__all__ = ["load"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Late, so that ``python -m multivector.data`` runs the module it names and only once.
    if name == "load":
        from multivector.data import load

        return load
    raise AttributeError(f"module 'multivector' has no attribute {name!r}")

"""Graded assignments: build one, check it in the notebook, grade a class in a sandbox.

Rooms: ``assignment`` reads the one source, ``build`` makes the files that leave it, ``notebook``
gives a student feedback, ``sandbox`` and ``worker`` run a stranger's cells, ``grade`` compares
outside, ``report`` writes what people read.
"""

from typing import Any

__all__ = ["Notebook"]


def __getattr__(name: str) -> Any:
    # Late: the worker imports this package in every sandbox and needs none of the rest.
    if name == "Notebook":
        from multivector.grading.notebook import Notebook

        return Notebook
    raise AttributeError(f"module 'multivector.grading' has no attribute {name!r}")

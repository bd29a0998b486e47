"""Graded assignments: build one, check it in the notebook, grade a class in a sandbox.

Rooms: ``assignment`` reads the one source, ``overlay`` weaves an instructor's own into it,
``variants`` and ``course`` give each student their own numbers, ``build`` makes the files that
leave it, ``seal`` keeps answers out of them, ``expect`` and ``notebook`` give a student feedback,
``submissions`` finds whose notebook is whose, ``sandbox``, ``confine``, ``worker`` and ``plain``
run a stranger's cells, ``grade`` compares outside, ``report``, ``summary``, ``similar`` and
``spreadsheet`` write what people read,
``lms`` reads and fills what an LMS exports, ``handback`` returns pages and takes off late days,
``demo`` makes up a class, ``commands`` runs it all.
"""

from typing import Any

__all__ = ["Notebook"]


def __getattr__(name: str) -> Any:
    # Late: the worker imports this package in every sandbox and needs none of the rest.
    if name == "Notebook":
        from multivector.grading.notebook import Notebook

        return Notebook
    raise AttributeError(f"module 'multivector.grading' has no attribute {name!r}")

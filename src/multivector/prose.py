"""Carry a computed value from a cell into the chapter's prose."""

from __future__ import annotations

from typing import Any


def glue(name: str, value: Any) -> None:
    """Make ``value`` available as ``{glue:text}`name` `` in the page; shows nothing in the cell.

    Same message as ``myst_nb.glue``, so that a chapter needs no Sphinx to run in Binder.
    Outside a notebook it does nothing. Raises ``TypeError`` for anything but text or a number.
    """
    if hasattr(value, "item") and getattr(value, "size", 1) == 1:
        value = value.item()
    if not isinstance(value, str | int | float):
        raise TypeError(f"glue {name!r}: text or a number, not {type(value).__name__}")
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is None:
        return
    shown = value if isinstance(value, int | float) else str(value)
    # Quotes as in repr: {glue:text} strips them.
    bundle = {"application/papermill.record/text/plain": repr(shown)}
    metadata = {"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}}
    display(bundle, raw=True, metadata=metadata)

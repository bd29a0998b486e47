"""The base of every explorer: one class and one JavaScript file, alive in three homes.

An explorer is an ``anywidget``. Python prepares its data once and declares its controls; all
interaction is computed in JavaScript, so it answers without a kernel. With a kernel every control
is a trait: Python sees each change (``explorer.observe(f, names="flow")``) and may set it
(``explorer.flow = "exports"``), and the view follows.

A control is declared once, here in Python. JavaScript draws the form from the declaration and
checks against it whatever comes in by the page's address.
"""

from __future__ import annotations

import math
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import pandas as pd
import traitlets

from multivector import facts

#: Changes of one view that wait for an earlier one; with more, the earlier one is taken for lost
_MOST_WAITING = 8

HERE = Path(__file__).resolve().parent
MIME = "application/vnd.jupyter.widget-view+json"

#: Words of the frame. They travel as data, so that an edition in another language passes its own.
WORDS = {
    "controls": "What to show",
    "actions": "This view",
    "reset": "Reset",
    "link": "Copy link to this view",
    "csv": "Download data (CSV)",
    "svg": "Download picture (SVG)",
    "table": "The numbers of this view",
    "said": "In the source",
    "english": "In English",
    "statement": "The whole statement",
    "cannot": "What this view cannot show.",
    "find": "Find",
    "previous": "Previous",
    "next": "Next",
    "copied": "The link is copied.",
    "linkHere": "The link to this view:",
    "saved": "The file is saved.",
    "wasReset": "Back to the first view.",
    "partly": "Part of the address was not understood and was left out.",
    "failed": "This combination cannot be drawn. Change a control, or reset.",
    "noscript": "You see the first view and its numbers. The controls need JavaScript.",
}


class Explorer(anywidget.AnyWidget):
    """A view with controls. A subclass gives ``name``, ``title``, ``cannot`` and its data.

    Attributes:
        name: names the JavaScript file beside this module, the element and the address.
        title: one line above the controls.
        cannot: one sentence on what the view cannot show.
        data: what JavaScript computes with, prepared by the subclass.
        spec: controls, defaults and words, for JavaScript.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    cannot: ClassVar[str] = ""
    source: ClassVar[str] = ""

    data = traitlets.Dict().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Join the base's JavaScript and the explorer's own into the one module a kernel sends."""
        if "name" in cls.__dict__:  # not in the classes that add_traits makes
            cls._esm = module(cls.name)
            cls._css = style()
        super().__init_subclass__(**kwargs)

    def __init__(self, data: dict[str, Any], controls: list[dict[str, Any]], **values: Any) -> None:
        """Build the widget from prepared ``data`` and declared ``controls``.

        ``values`` set controls away from their defaults; ``traitlets.TraitError`` for a value that
        a control cannot hold, ``TypeError`` for a control that does not exist.
        """
        keys = [control["key"] for control in controls]
        unknown = sorted(set(values) - set(keys))
        if unknown:
            known = ", ".join(keys)
            raise TypeError(f"{type(self).__name__} has no control {unknown[0]!r}: {known}")
        defaults = {control["key"]: control.pop("default") for control in controls}
        traits = {c["key"]: _trait(c, defaults[c["key"]]).tag(sync=True) for c in controls}
        self.add_traits(**traits)
        spec = {
            "name": self.name,
            "title": self.title,
            "cannot": self.cannot,
            "source": self.source,
            "controls": controls,
            "defaults": defaults,
            "words": WORDS,
        }
        super().__init__(data=data, spec=spec, **{**defaults, **values})
        self._order = threading.RLock()
        self._heard: dict[str, int] = {}
        self._early: dict[str, dict[int, dict[str, Any]]] = {}
        self.on_msg(self._hear)

    def _hear(self, widget: Any, content: dict[str, Any], buffers: list[memoryview]) -> None:
        """Take the changes of a view one by one, in the order in which the reader made them.

        ipywidgets merges changes that come faster than the kernel answers, so that quick clicks
        would reach ``observe`` as their last one only; each change therefore comes as a message.
        JupyterLab sends a widget's first messages to the kernel's main thread and the later ones
        to a subshell, and the two run at once: the numbers put them back in order.
        """
        change = content.get("change")
        if not isinstance(change, dict):
            return
        view, number = content.get("view"), content.get("number")
        with self._order:
            if view is None or number is None:
                self._take(change)
                return
            early = self._early.setdefault(view, {})
            early[number] = change
            if len(early) > _MOST_WAITING:  # one was lost: the others go on without it
                self._heard[view] = min(early) - 1
            while (following := self._heard.get(view, 0) + 1) in early:
                self._heard[view] = following
                self._take(early.pop(following))

    def _take(self, change: dict[str, Any]) -> None:
        for key, value in change.items():
            if key in self.spec["defaults"]:
                # The lock keeps the value from being sent back: by then the view may have moved
                # on, and an old value would pull it back.
                with self._lock_property(**{key: value}):
                    setattr(self, key, value)

    @property
    def values(self) -> dict[str, Any]:
        """What every control holds now."""
        return {control["key"]: getattr(self, control["key"]) for control in self.spec["controls"]}

    def state(self) -> dict[str, Any]:
        """Everything a page without a kernel needs: data, spec and the value of each control."""
        return {"data": self.data, "spec": self.spec, **self.values}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict] | None:
        """Add a sentence for homes that draw no widgets at all (print, mail, a plain viewer)."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/plain"] = f"{self.title}. {self.cannot} {self.source}".strip()
        return bundle


def _trait(control: dict[str, Any], default: Any) -> traitlets.TraitType:
    """Return the trait that holds a control, refusing what the control cannot hold."""
    kind = control["type"]
    if kind in ("choice", "select"):
        return traitlets.Enum([value for value, _ in control["options"]], default)
    if kind == "many":
        return traitlets.List(traitlets.Enum([value for value, _ in control["options"]]), default)
    if kind == "flag":
        return traitlets.Bool(default)
    if kind == "slider":
        return traitlets.Float(default, min=control["min"], max=control["max"])
    if kind == "text":
        return traitlets.Unicode(default)
    if kind == "grid":
        number = traitlets.Float(min=control["min"], max=control["max"])
        return traitlets.Dict(value_trait=number, default_value=default)
    raise ValueError(f"no such kind of control: {kind!r}")


def listed(fact: facts.Fact) -> str:
    """Return the page of the book, without its ending, that lists a statement."""
    # Only the five texts were received as files, and so have a hash.
    name = "statements" if facts.source(fact.source_id)["sha256"] else "cross-checks"
    return f"chapters/reference/{name}"


def column(values: pd.Series, digits: int = 3) -> list[float | None]:
    """Return a column as JSON numbers, a missing value as ``None``, rounded to ``digits``."""
    return [
        None if pd.isna(value) or not math.isfinite(value) else round(float(value), digits)
        for value in values
    ]


# --- the JavaScript in the forms its homes need ---------------------------------------------------


@lru_cache
def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def style() -> str:
    """Return the style sheet every explorer shares."""
    return _read("explorers.css")


def plain() -> str:
    """Return the base as a classic script: its one constant is seen by the scripts after it."""
    return _read("base.js")


def module(name: str) -> str:
    """Return base and explorer ``name`` as one ES module: for a kernel, and for node."""
    return f"{_read('base.js')}\n{_read(f'{name}.js')}"


def classic(name: str) -> str:
    """Return explorer ``name`` as a classic script, run after ``base.js`` on a static page.

    A page opened from a file may not import modules, so the one ``export default x;`` at the end
    becomes a call that brings the explorers in the page to life.
    """
    body, mark, made = _read(f"{name}.js").rpartition("export default ")
    if not mark or not made.strip().removesuffix(";").isidentifier():
        raise ValueError(f"{name}.js must end in one line: export default <name>;")
    return f'{{\n{body}MV.mount("{name}", {made.strip().removesuffix(";")});\n}}\n'

"""The role ``{margin}``: how many missed events would turn a finding about counts.

A cell computes it, ``glue("yr_lead", margins.told(margins.lead(trips, "russia"), "trip"))``; the
sentence shows it with ``{margin}`yr_lead` ``. Any other value is refused, so that no margin is
written by hand. ``bare`` finds the counts of a page that are compared without one.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from myst_nb.core.variables import RetrievalError
from myst_nb.ext.glue.utils import retrieve_glue_data
from sphinx.util.docutils import SphinxRole

from multivector.margins import TOLD
from multivector.searches import blocks

#: What is found and counted, one by one
_COUNTED = r"(?:trips?|visits?|guests?|meetings?|summits?)"
_BARE = re.compile(
    rf"\b(?:more|fewer|most|fewest|majority of|largest (?:group|number) of)\b"
    rf"[^.,;:]{{0,40}}\b{_COUNTED}\b"
    rf"|\b{_COUNTED}\b[^.;:]{{0,60}}\b(?:more (?:often )?than|the most|the fewest|leads?|led)\b"
    r"|\b(?:leads?|led|comes first|ahead)\b[^.;:]{0,40}\b(?:count|points)\b",
    re.I,
)
_SHOWN = re.compile(r"\{margin\}`[^`]+`")
_ROLE = re.compile(r"\{[a-z:]+\}`[^`]*`")


def bare(text: str) -> list[tuple[int, str]]:
    """Return (line, words) of each comparison of counts in a page that shows no margin."""
    found = []
    for line, block in blocks(text):
        hit = _BARE.search(" ".join(_ROLE.sub("…", block).split()))
        if hit and not _SHOWN.search(block):
            found.append((line, hit[0]))
    return found


class MarginRole(SphinxRole):
    """``{margin}`key` ``: a glued margin; a missing or hand-written one is an error with line."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the words, or a problem that stops the build."""
        try:
            data = retrieve_glue_data(self.inliner.document, self.text.strip())
            words = data.data["text/plain"].strip("'\"")
        except (RetrievalError, KeyError) as error:
            return self._problem(f"no margin called {self.text!r}: {error}")
        if not TOLD.fullmatch(words):
            return self._problem(f"{self.text!r} holds {words!r}, which margins.told did not write")
        return [nodes.inline(self.rawtext, words, classes=["mv-margin"])], []

    def _problem(self, text: str) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        message = self.inliner.reporter.error(text, line=self.lineno)
        return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]


def setup(app: Any) -> dict[str, Any]:
    """Register the role."""
    app.add_role("margin", MarginRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Explorer: threat, rivalry and the best reply, in the book's teaching model of alignment."""

from __future__ import annotations

from typing import Any

from multivector.explorers.base import Explorer
from multivector.theory import STRATEGIES, AlignmentGame

#: Where the reader starts. Judgements that make all regions visible, not measurements.
START = {
    "strong_share": 0.4, "profit": 0.25, "loss": 1.5, "arms": 0.1, "insurance": 0.15,
    "balance_protection": 0.8, "hedge_protection": 0.4, "bandwagon_protection": 0.4,
    "exposure": 0.5, "hedge_exposure": 0.35,
}  # fmt: skip
LABELS = {
    "threat": "Threat: probability of coercion",
    "rivalry": "Rivalry: probability that sides are demanded",
    "profit": "Reward for siding with the strong power",
    "loss": "What coercion costs without protection",
    "arms": "Cost of balancing: arms and allies",
    "insurance": "Cost of hedging",
    "abandonment": "Probability that allies abandon",
    "strong_share": "The strong power's part of the ties",
    "balance_protection": "Balancing averts, if allies stay",
    "hedge_protection": "Hedging averts",
    "bandwagon_protection": "Siding averts",
    "exposure": "Refusing sides costs a multi-vector state",
    "hedge_exposure": "Refusing sides costs a hedger",
}
#: What a reader moves first; the rest is folded
FIRST = ("threat", "rivalry", "profit", "loss", "arms", "insurance", "abandonment")
NAMES = {
    "multivector": "Multi-vectorism", "hedge": "Hedging", "balance": "Balancing",
    "bandwagon": "Bandwagoning",
}  # fmt: skip


def game(parameters: dict[str, float]) -> AlignmentGame:
    """Return the model for what the reader set.

    ``abandonment`` is the probability that allies do not come: it lowers what balancing averts to
    ``balance_protection * (1 - abandonment)`` (Snyder's fear of abandonment in the terms of this
    model). Raises ``ValueError`` for a value outside its range.
    """
    values = {key: value for key, value in parameters.items() if key in START}
    values["balance_protection"] *= 1 - parameters["abandonment"]
    return AlignmentGame(ties=1, **values)


class Alignment(Explorer):
    """Regions of best reply over threat and rivalry, the reader's point in them, and the borders.

    Controls: the fields of :class:`multivector.theory.AlignmentGame` (ties are the unit),
    ``threat``, ``rivalry`` and ``abandonment``.
    """

    name = "alignment"
    title = "The alignment choice: when is multi-vectorism the best reply?"
    cannot = (
        "It is a teaching model: the costs and probabilities are yours, none has been measured. "
        "It shows which assumptions make a choice reasonable, not why a government chose."
    )
    source = (
        "Model: this book's own linear form; the strategies after Walt 1985, Schweller 1994, "
        "Kuik 2008 and Vanderhill, Joireman and Tulepbayeva 2020."
    )

    def __init__(self, **values: Any) -> None:
        """Start from :data:`START`; ``values`` set controls."""
        starts = {"threat": 0.3, "rivalry": 0.3, "abandonment": 0.1} | START
        tops = {"loss": 3, "profit": 1, "arms": 1, "insurance": 0.5}
        controls = [
            {"key": key, "type": "slider", "label": label, "min": 0, "max": tops.get(key, 1),
             "step": 0.05, "digits": 2, "default": starts[key],
             **({} if key in FIRST else {"fold": "More assumptions"})}
            for key, label in LABELS.items()
        ]  # fmt: skip
        super().__init__(
            {"strategies": list(STRATEGIES), "names": NAMES}, controls, **values
        )

"""Explorer: the reader's likelihoods, and what they make of four rival theories."""

from __future__ import annotations

from typing import Any

from multivector import facts
from multivector.explorers.base import Explorer

THEORIES = (
    ("multivector", "Multi-vectorism"),
    ("hedge", "Hedging"),
    ("balance", "Balancing"),
    ("bandwagon", "Bandwagoning"),
)
#: fact -> what it says, in the book's own neutral words. Each piece comes from a different voice.
EVIDENCE = {
    "un-es-11-1-kaz": "Kazakhstan abstains on General Assembly resolution ES-11/1 (2022)",
    "un-es-11-3-kaz": "It votes against suspending Russia from the Human Rights Council (2022)",
    "un-council-of-europe-2023-kaz": "It votes for the Council of Europe text of April 2023",
    "oil-russia-share-2022": "Its oil leaves mostly by pipelines through Russia (2022)",
    "wabtec-2025": "Its railway orders locomotives from an American company (2025)",
    "abraham-accords-statement-2025": "It agrees in principle to join the Abraham Accords (2025)",
    "visit-moscow-2025-11": "Its president makes a state visit to Moscow; a declaration of "
    "alliance is signed (2025)",
}


class Weighing(Explorer):
    """Bayes' rule over rival theories, with the reader's own likelihoods.

    Controls: ``prior`` (weights, divided by their sum), ``likelihood`` (keys
    ``"<fact_id>.<theory>"``: how probable the evidence is if the theory is right), ``step`` (how
    many pieces count) and ``other`` (a classmate's link). The rule is
    :func:`multivector.theory.bayes_update`. All likelihoods start alike: nothing is learned until
    the reader says something.
    """

    name = "weighing"
    title = "Weighing theories: how probable is each piece of evidence, if the theory is right?"
    cannot = (
        "The likelihoods are your judgements. The rule assumes that the theories exclude each "
        "other, leave nothing out, and that the pieces are independent; none of this is certain."
    )
    source = (
        "Evidence: facts.csv, each piece with its source. Method: Bennett 2015; Fairfield and "
        "Charman 2017."
    )

    def __init__(self, **values: Any) -> None:
        """Read the evidence from ``facts.csv``; ``values`` set controls."""
        theories = [list(pair) for pair in THEORIES]
        rows = []
        for number, (fact_id, label) in enumerate(EVIDENCE.items(), 1):
            fact = facts.get(fact_id)
            rows.append({"key": fact_id, "label": f"{number}. {label}", "text": words(fact)})
        scale = {"min": 0, "max": 1, "step": 0.05, "digits": 2}
        controls: list[dict[str, Any]] = [
            {"key": "likelihood", "type": "grid", "label": "If this theory is right, how "
             "probable is it that we see this?", "rows": rows, "columns": theories, **scale,
             "default": {f"{row['key']}.{key}": 0.5 for row in rows for key, _ in THEORIES}},
            {"key": "prior", "type": "grid", "label": "Before the evidence", "columns": theories,
             "rows": [{"key": "prior", "label": "How much you believed in each", "text": ""}],
             **scale, "default": {f"prior.{key}": 0.5 for key, _ in THEORIES}},
            {"key": "step", "type": "slider", "label": "Count the first", "unit": "pieces",
             "min": 0, "max": len(rows), "step": 1, "digits": 0, "default": len(rows)},
            {"key": "other", "type": "text", "label": "Compare with a classmate's link",
             "max": 4000, "default": ""},
        ]  # fmt: skip
        super().__init__({"evidence": list(EVIDENCE), "theories": theories}, controls, **values)


def words(fact: facts.Fact) -> str:
    """Return who says so, in the fact's own words where it has any, and where to read it."""
    quote = fact.quote_en or fact.quote
    said = f"“{quote}” " if quote else ""
    return f"{said}{facts.cite(fact)}"

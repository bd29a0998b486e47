"""Explorers: widgets that answer on a static page, in JupyterLab and in a saved notebook."""

from multivector.explorers.alignment import Alignment
from multivector.explorers.base import Explorer
from multivector.explorers.concentration import Concentration
from multivector.explorers.investment import Investment
from multivector.explorers.shock import Shock
from multivector.explorers.trade import Trade
from multivector.explorers.weighing import Weighing
from multivector.explorers.year import Year

__all__ = [
    "Alignment",
    "Concentration",
    "Explorer",
    "Investment",
    "Shock",
    "Trade",
    "Weighing",
    "Year",
]

"""Explorers: widgets that answer on a static page, in JupyterLab and in a saved notebook."""

from multivector.explorers.base import Explorer
from multivector.explorers.trade import Trade

__all__ = ["Explorer", "Trade"]

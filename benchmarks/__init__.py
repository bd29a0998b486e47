"""Measurements for make bench: they print, they never judge."""

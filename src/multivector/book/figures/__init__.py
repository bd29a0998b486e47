"""Figures and explorers on a page: posters, pictures, captions, tables."""

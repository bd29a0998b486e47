"""Chapters as notebooks: made, offered, run elsewhere."""

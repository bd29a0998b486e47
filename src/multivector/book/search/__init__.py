"""The index that a reader searches."""

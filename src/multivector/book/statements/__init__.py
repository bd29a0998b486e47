"""Statements in prose: facts at the word, the list of statements, bare numbers, the codebook."""

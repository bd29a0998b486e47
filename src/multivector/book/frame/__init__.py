"""The frame around a page: markup, style sheet, scripts, addresses, mathematics, code."""

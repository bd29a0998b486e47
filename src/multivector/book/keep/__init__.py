"""The book to keep: an offline zip, a PDF, an ePub, the notebooks and the data as files.

``python -m multivector.book.keep`` makes them from the built pages; ``make dist`` calls it. Nothing
here is needed to build or to read the book.
"""

"""The built book in a real browser, over http and as files, every other host blocked."""

from __future__ import annotations

import os
from pathlib import Path

import install_browser
import pytest
from explorer_support import FLAGS, ready, served

ROOT = Path(__file__).resolve().parents[2]
#: The book that is tested: another one, such as an unpacked offline zip, by this variable
BOOK = Path(os.environ.get("MULTIVECTOR_BOOK", ROOT / "_build" / "html"))


@pytest.hookimpl(tryfirst=True)  # before the marks choose what runs
def pytest_collection_modifyitems(items):
    """Leave questions to a book of files to the soak, but for the tests marked ``from_file``."""
    for item in items:
        asked = getattr(item, "callspec", None)
        as_files = asked is not None and asked.params.get("address") == "file"
        if as_files and not item.get_closest_marker("from_file"):
            item.add_marker(pytest.mark.soak)


@pytest.fixture(scope="session")
def book() -> Path:
    """The book that ``make book`` built; a missing one is an error, never a skip."""
    assert (BOOK / "index.html").is_file(), "the book is not built; run: make book"
    return BOOK


@pytest.fixture(scope="session")
def pages(book) -> list[str]:
    """Every page of the table of contents, as addresses below the book."""
    return sorted(path.relative_to(book).as_posix() for path in (book / "chapters").rglob("*.html"))


@pytest.fixture(scope="module")
def chromium():
    """One browser a module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=install_browser.find(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["http", "file"])
def address(request, book):
    """The book's address, once from a server and once as files."""
    if request.param == "file":
        yield book.as_uri()
    else:
        with served(book) as home:
            yield home


class Visit:
    """One browser context that notes every error and every request to another host."""

    def __init__(self, browser, home: str, **options):
        self.home, self.trouble = home, []
        self.context = browser.new_context(**options)
        self.context.route("**/*", self._gate)

    def _gate(self, route):
        url = route.request.url
        if url.startswith(("data:", "blob:")) or url.startswith(self.home):
            route.continue_()
        else:
            self.trouble.append(f"asked another host: {url}")
            route.abort()

    def open(self, page: str):
        """Open a page of the book; its errors land in ``trouble``."""
        tab = self.context.new_page()
        tab.on("pageerror", lambda error: self.trouble.append(f"{page}: {error}"))
        tab.on(
            "console",
            lambda message: (
                self.trouble.append(f"{page}: {message.text}") if message.type == "error" else None
            ),
        )
        tab.goto(f"{self.home}/{page}")
        ready(tab)
        return tab


@pytest.fixture
def visit(chromium, address):
    """Return a function that starts a visit with browser options."""
    visits = []

    def start(**options) -> Visit:
        visits.append(Visit(chromium, address, **options))
        return visits[-1]

    yield start
    for one in visits:
        one.context.close()

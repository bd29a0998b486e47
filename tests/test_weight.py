"""The frame of a page, its one style sheet and its budget."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from sphinx.errors import ExtensionError

from multivector.book.build import assets
from multivector.book.frame import weight

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
KB = 1024

THEME = """
@font-face{font-family:"Icons";src:url("vendor/x/fa-solid-900.woff2") format("woff2")}
html[data-theme=light]{--ink:#000} html[data-theme=dark]{--ink:#fff}
html[data-theme=light],html[data-theme=dark]{--accent:#e80}
.used > a:hover{color:red} .unused{color:blue} .used.unused{top:0} dialog::backdrop{opacity:.5}
@media (max-width:500px){.used{color:green}.unused{color:pink}}
@media print{.unused{display:none}}
"""


def rules(css: str) -> str:
    return weight.purge(css, {"html", "body", "a", "dialog", "used", "data-theme", "light", "dark"})


def test_the_purge_keeps_what_a_page_can_use_and_nothing_else():
    css = rules(THEME)
    assert ".used>a:hover{color:red}" in css.replace(" ", "")
    assert "dialog::backdrop" in css
    assert "(max-width:500px){.used{color:green}}" in css
    assert "unused" not in css
    assert "print{}" not in css


def test_both_themes_work_with_and_without_a_script_and_paper_is_light():
    css = rules(THEME)
    dark_by_system = css.split("(prefers-color-scheme:dark)")[1].split("}")[0]
    assert "html:not([data-theme])" in dark_by_system and "#fff" in dark_by_system
    assert re.search(r"@media screen\{html\[data-theme=dark\]\{--ink:#fff", css)
    assert re.search(r"@media print\{html\[data-theme=dark\]\{--ink:#000", css)
    assert css.count("--accent") >= 4  # a rule that names both themes is split


def test_a_purge_that_fails_says_why():
    with pytest.raises(ExtensionError, match="purged"):
        weight.purge("a { color: red", {"a"})


def test_two_builds_may_keep_the_same_style_sheet_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(weight, "purge", lambda css, words: css)
    replace, what = Path.replace, ("a{top:0}", tmp_path, "", set(), tmp_path / "cache")

    def late(part, target):
        monkeypatch.setattr(Path, "replace", replace)
        monkeypatch.setattr(os, "getpid", lambda: 1)
        assert weight.stylesheet(*what) == "a{top:0}\n"
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", late)
    assert weight.stylesheet(*what) == "a{top:0}\n"
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_style_sheets_are_joined_with_their_imports_and_addresses(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "basic.css").write_text("p{color:red}")
    (tmp_path / "styles/theme.css").write_text(
        '@import "../basic.css"; i{background:url(../img/a.png)} b{background:url(data:x)}'
    )
    css = weight.join(tmp_path, ["styles/theme.css"])
    assert "@import" not in css and "p{color:red}" in css
    assert 'url("img/a.png")' in css and "url(data:x)" in css
    with pytest.raises(ExtensionError, match="gone.css"):
        weight.join(tmp_path, ["gone.css"])


def test_words_come_from_tags_and_scripts_not_from_prose():
    page = '<p class="used other-one" id=x>prose <b>bold</b></p><script>"in-script"</script>'
    assert {"p", "class", "used", "other-one", "b", "script"} <= weight.words_of(page)
    assert not weight.words_of(page) & {"prose", "bold", "in-script"}
    assert {"add", "js-made"} <= weight.words_of_script('node.classList.add("js-made")')


def test_the_style_sheet_before_a_table_of_pandas_goes_and_no_other():
    table = pd.DataFrame({"a": [1]})._repr_html_()
    assert "<style scoped>" in table
    mended = weight.mend(table + "<style>.mine { color: red; }</style>")
    assert "scoped" not in mended and '<table border="1" class="dataframe">' in mended
    assert mended.endswith("<style>.mine { color: red; }</style>")


def test_a_folded_box_becomes_details_however_it_nests():
    body = (
        '<div class="dropdown admonition tip" id="t">\n<p class="admonition-title">Why?</p>\n'
        '<div class="inner"><div>one</div></div>'
        '<script type="application/json">{"a": "<div>"}</script></div><p>after</p>'
    )
    folded = weight.fold(body)
    assert folded.startswith('<details class="dropdown admonition tip" id="t"><summary')
    assert '<summary class="admonition-title">Why?</summary>' in folded
    assert folded.endswith("</details><p>after</p>")
    assert weight.fold(folded) == folded
    twice = weight.fold(body + body)
    assert twice.count("<details") == twice.count("</details>") == 2
    nested = body.replace("one", body)
    assert weight.fold(nested).count("</details>") == 2
    plain = '<div class="admonition note"><p class="admonition-title">Note</p></div>'
    assert weight.fold(plain) == plain
    with pytest.raises(ExtensionError, match="does not end"):
        weight.fold('<div class="toggle docutils"><p>x</p>')


def test_a_script_from_another_host_stops_the_build():
    assert weight.scripts(["book.js", "_static/book.js", "thebe/x.js"], "p") == [
        "_static/book.js", "_static/thebe/x.js"]  # fmt: skip
    with pytest.raises(ExtensionError, match="another host"):
        weight.scripts(["https://cdn.example.org/x.js"], "p")


def test_the_policy_names_no_host_and_allows_the_one_inline_script():
    policy = weight.policy()
    assert not re.search(r"https?:|\*|unsafe-eval", policy)
    script = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in script and "blob:" in script and "file:" in script
    assert script.count("'sha256-") == 1


def test_stamping_twice_changes_nothing(tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static/page.js").write_text("1")
    page = '<script src="../_static/page.js"></script><a href="https://x.org/_static/page.js">'
    once = weight.stamp(page, tmp_path)
    assert f'page.js?v={hashlib.sha256(b"1").hexdigest()[:8]}"' in once
    assert once.endswith('<a href="https://x.org/_static/page.js">')
    assert weight.stamp(once, tmp_path) == once
    (tmp_path / "_static/page.js").write_text("2")
    assert weight.stamp(once, tmp_path) != once


def test_an_icon_font_shrinks_to_its_icons(tmp_path):
    import pydata_sphinx_theme

    fonts = Path(pydata_sphinx_theme.__file__).parent / (
        "theme/pydata_sphinx_theme/static/vendor/fontawesome/webfonts")  # fmt: skip
    whole = fonts / "fa-solid-900.woff2"
    small = weight.subset(whole, "\uf0c9")
    assert small[:4] == b"wOF2" and len(small) < 2 * KB < whole.stat().st_size
    assert weight.subset(whole, "\uf0c9") == small


# --- two small books ----------------------------------------------------------------------------

CONF = """
import sys
project = "Small"
author = "A"
extensions = ["myst_parser", "sphinx_design", "multivector.book.build.assets",
              "multivector.book.frame.mathml",
              "multivector.book.frame.weight"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
html_theme = "sphinx_book_theme"
html_math_renderer = "mathml"
html_context = {"default_mode": "light"}
html_copy_source = False
"""
FIRST = """# First

A paragraph that is long enough to describe the page to somebody who has not seen it.

:::{admonition} Why?
:class: dropdown
Because $x^2$.
:::

```{toctree}
second
```
"""
SECOND = "# Second\n\n## Part\n\n```python\nprint(1)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


def small(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF)
    (source / "index.md").write_text(FIRST)
    (source / "second.md").write_text(SECOND)
    return source


def build(source: Path, out: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", out / "doctrees", source,
         out / "html"],
        capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "random"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return out / "html"


def contents(out: Path) -> dict[str, str]:
    """Return {file: hash} of everything a reader could load."""
    return {
        file.relative_to(out).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(out.rglob("*"))
        if file.is_file() and file.name != ".buildinfo"
    }


@pytest.mark.slow
def test_two_clean_builds_and_a_rebuild_agree_to_the_byte(tmp_path):
    source = small(tmp_path)
    first = build(source, tmp_path / "a")
    second = build(source, tmp_path / "b")
    assert contents(first) == contents(second)
    unchanged = contents(first)
    assert contents(build(source, tmp_path / "a")) == unchanged
    # One page rewritten, the other kept: both carry the same style sheet as a clean build.
    text = (source / "second.md").read_text()
    (source / "second.md").write_text(text + "\n:::{note}\nNew.\n:::\n")
    assert contents(build(source, tmp_path / "a"))["second.html"] != unchanged["second.html"]
    (source / "second.md").write_text(text)
    back = contents(build(source, tmp_path / "a"))
    # Sphinx numbers the pages of its search index in the order of their last change.
    for name in ("index.html", "second.html", "_static/book.min.css"):
        assert back[name] == unchanged[name], name
    page = (first / "index.html").read_text(encoding="utf-8")
    assert page.count("<h1") == 1 and "<details class=" in page and "<math" in page
    assert not re.search(r"thebe|fontawesome\.js|https?://(?!www\.w3\.org)", page)


# --- the book -----------------------------------------------------------------------------------


def pages() -> list[Path]:
    assert (BOOK / "index.html").is_file(), "the book is not built; run: make book"
    return sorted((BOOK / "chapters").rglob("*.html"))


def packed(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), mtime=0))


def asked(page: Path) -> list[Path]:
    """Return every file that a page asks for before a reader touches anything, itself included."""
    text = page.read_text(encoding="utf-8")
    head, body = text.split("</head>")
    names = re.findall(r'<(?:script[^>]*|link rel="(?:stylesheet|icon)")[^>]*? (?:src|href)='
                       r'"([^"?]+)', head)  # fmt: skip
    names += re.findall(r'<(?:img|script)[^>]*? src="([^"?]+)', body)
    files = [(page.parent / name).resolve() for name in names]
    assert any(file.suffix == ".css" for file in files)
    return [page, *files]


@pytest.mark.slow
def test_every_page_keeps_its_budget():
    heavy = []
    for page in pages():
        budget = 200 if 'class="book-chart"' in page.read_text(encoding="utf-8") else 120
        size = sum(packed(file) for file in asked(page)) / KB
        if size > budget:
            heavy.append(f"{page.relative_to(BOOK)}: {size:.0f} KB of {budget}")
    assert heavy == []


@pytest.mark.slow
def test_the_book_carries_one_style_sheet_and_none_of_the_theme_s_scripts():
    sheets = [file.name for file in (BOOK / "_static").rglob("*.css")]
    assert sheets == [weight.SHEET]
    css = (BOOK / "_static" / weight.SHEET).read_text(encoding="utf-8")
    assert "data:font/woff2" in css and not re.search(r"url\(\s*[\"']?(?!data:|#)", css)
    assert not (BOOK / "_static" / "scripts").exists()
    for page in pages():
        text = page.read_text(encoding="utf-8")
        assert len(re.findall("<h1", text)) == 1, page
        assert 'lang="en"' in text and "Content-Security-Policy" in text, page
        assert not re.search(r"<script[^>]+src=\"https?:|onclick=", text), page


@pytest.mark.soak
def test_two_clean_builds_of_the_book_agree_to_the_byte(tmp_path):
    """The built book beside a second, clean build of the same tree."""
    command = [sys.executable, "-m", "jupyter_book", "build", str(ROOT), "-q", "--path-output",
               str(tmp_path)]  # fmt: skip
    script = Path(sys.executable).with_name("jupyter-book")
    if script.is_file():
        command[:3] = [str(script)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    again = tmp_path / "_build" / "html"
    first, second = contents(BOOK), contents(again)
    kinds = (".html", ".css", ".js", ".csv", ".ipynb", ".zip", ".json")
    differ = [
        name for name in sorted({*first, *second})
        if name.endswith(kinds) and first.get(name) != second.get(name)
    ]  # fmt: skip
    shutil.rmtree(tmp_path / "_build", ignore_errors=True)
    assert differ == []


def test_the_build_needs_only_what_npm_installs_without_development():
    import json

    package = json.loads((assets.ROOT / "package.json").read_text(encoding="utf-8"))
    assert "purgecss" in package["dependencies"]
    lock = (assets.ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock

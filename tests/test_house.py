"""House rules that a reviewer would otherwise have to remember."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from format_cells import formatted

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "chapters").rglob("*.md"))
TEACHING = [p for p in CHAPTERS if p.parent.name in ("theory", "case-2025")]
THEORY = [p for p in TEACHING if p.parent.name == "theory"]


def tracked() -> list[Path]:
    """Files of the repository: what git tracks, or every file in a copy without git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True
        )
        return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]
    except (OSError, subprocess.CalledProcessError):
        hidden = {".venv", "node_modules", "_build", ".multivector"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not hidden & set(p.parts)]


#: Fenced blocks that hold words of ours
WORDS = re.compile(r"\s*(`{3,}|~{3,})\{(self-check|objectives|glossary|assignment|list-table)\}")


def outside_fences(text: str, *, words: bool = False) -> list[tuple[int, str]]:
    """Lines of a page outside front matter and fenced blocks; ``words``: those of words too."""
    kept, open_fence, matter = [], None, text.startswith("---\n")
    held = False
    for number, line in enumerate(text.split("\n"), 1):
        if matter:
            matter = number == 1 or line.strip() != "---"
            continue
        fence = re.match(r"\s*(`{3,}|~{3,})", line)
        if fence and open_fence is None:
            open_fence, held = fence.group(1), words and bool(WORDS.match(line))
        elif fence and line.strip() == open_fence:
            open_fence = None
        elif open_fence is None or held:
            kept.append((number, line))
    return kept


def pages_of_toc() -> set[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    files = {toc["root"]}
    for part in toc["parts"]:
        files |= {chapter["file"] for chapter in part["chapters"]}
    return files


def test_every_page_is_in_the_table_of_contents():
    here = {p.relative_to(ROOT).with_suffix("").as_posix() for p in CHAPTERS}
    assert here == pages_of_toc()


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda p: p.stem)
def test_one_h1(page):
    heads = [line for _, line in outside_fences(page.read_text("utf-8")) if line.startswith("# ")]
    assert len(heads) == 1


@pytest.mark.parametrize("page", TEACHING, ids=lambda p: p.stem)
def test_a_chapter_teaches(page):
    text = page.read_text("utf-8")
    assert text.count("```{objectives}") == 1
    assert len(re.findall(r"^`{3,}\{self-check\}", text, re.M)) >= 3
    assert re.search(r"^## Further reading", text, re.M)
    assert re.search(r"charts\.\w+\(|explorers\.\w+\(", text), "no figure and no explorer"


@pytest.mark.parametrize("page", THEORY, ids=lambda p: p.stem)
def test_a_theory_chapter_is_read_in_one_sitting(page):
    text = re.sub(r"\A---\n.*?\n---\n", "", page.read_text("utf-8"), flags=re.S)
    text = re.sub(r"^```\{(?:code-cell|math)\}.*?^```", "", text, flags=re.S | re.M)
    words = re.findall(r"\w[\w'’-]*", re.sub(r"\{[\w:+-]+\}`[^`]*`", "one", text))
    assert 1200 <= len(words) <= 2500
    assert re.search(r"\]\(\.\./exercises/\d\d-", text), "no pointer to a graded assignment"


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda p: p.stem)
def test_one_sentence_a_line(page):
    together = [
        f"{number}: {line}"
        for number, line in outside_fences(page.read_text("utf-8"))
        # A capital after a full stop begins a sentence, but not after an initial or in a table.
        if re.search(r"[a-z\)`][.!?] (?=[A-Z][a-z]+ )", re.sub(r"\{[^}]*\}`[^`]*`", "x", line))
        and not line.lstrip().startswith(("|", ">", "- [", ":::", "1.", "2.", "3.", "4.", "5."))
    ]
    assert together == []


def test_figures_have_names_of_their_own():
    names = [
        name
        for page in CHAPTERS
        for name in re.findall(r"\bname=\"(fig-[\w-]+)\"", page.read_text("utf-8"))
    ]
    assert sorted(names) == sorted(set(names))


def test_every_reference_is_cited_and_every_citation_is_listed():
    listed = set(
        re.findall(r"^@\w+\{(\w+),", (ROOT / "chapters/reference/references.bib").read_text(), re.M)
    )
    cited = set()
    for page in CHAPTERS:
        for keys in re.findall(r"\{cite[:\w]*\}`([^`]+)`", page.read_text("utf-8")):
            cited |= {key.strip() for key in keys.split(",")}
    assert cited - listed == set(), "cited but not in references.bib"
    assert listed - cited == set(), "in references.bib but never cited"


def test_no_notebook_is_committed():
    assert [p.name for p in tracked() if p.suffix == ".ipynb"] == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"/home/(?!jovyan)\w+/",
        r"/Users/\w+/",
        r"[A-Z]:\\\\Users",
        r"registry\.npmjs",
        r"pypi\.org/simple",
        r"files\.pythonhosted",
    ],
)
def test_no_machine_path_and_no_registry_host(pattern):
    here = Path(__file__).resolve()
    hits = []
    for path in tracked():
        if path.resolve() == here:
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if re.search(pattern, text):
            hits.append(path.name)
    assert hits == []


def test_every_pin_is_exact_and_says_why():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line and not line.startswith(("#", "-")):
            assert re.match(r"[\w.-]+==[\w.]+\s+# \w+", line), line


def test_the_chart_library_of_page_and_package_agree():
    import json

    from plotly.offline import get_plotlyjs_version

    pins = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert pins["plotly.js-basic-dist-min"] == get_plotlyjs_version()


def test_the_lock_names_hashes_and_no_hosts():
    import json

    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [n for n, e in packages.items() if not e.get("integrity") and not e.get("link")] == []
    assert [n for n, e in packages.items() if "resolved" in e] == []


def test_the_code_of_the_chapters_is_clean(tmp_path):
    """What a student opens as a notebook: nothing undefined, unused or compared with an ==None."""
    from multivector.book.notebooks import notebooks

    for page in notebooks.read(ROOT).with_code():
        name = re.sub(r"\W", "_", page.docname)
        (tmp_path / f"{name}.py").write_text("\n\n".join(page.cells) + "\n")
    # A cell may import, and may end with a bare value, which a notebook shows.
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E4,E7,E9,F,W,B,UP",
         "--ignore", "E402,B018,W291,W391", "--output-format", "concise", tmp_path],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_the_code_of_the_chapters_is_formatted():
    texts = [page.read_text("utf-8") for page in CHAPTERS]
    made = formatted(texts)
    other = [p.stem for p, a, b in zip(CHAPTERS, texts, made, strict=True) if a != b]
    assert other == [], "run: python tests/format_cells.py"


def test_an_untidy_cell_is_formatted_and_its_options_are_kept():
    page = "# A\n\n```{code-cell} ipython3\n:tags: [hide-input]\n\nx = {'a':1}\n```\n\nText.\n"
    assert formatted([page]) == [page.replace("{'a':1}", '{"a": 1}')]


#: Right in British English too, or names that their owners spell so
SPELLED = {
    "story", "stories",  # told, not built
    "practice",  # the noun
    "program",  # for a computer
    "organization",  # the United Nations and its kin
    "license",  # in the names of licences
}  # fmt: skip


def prose(text: str) -> str:
    """A page with its lines in place and nothing in them but words of ours."""
    lines = [""] * len(text.split("\n"))
    for number, line in outside_fences(text, words=True):
        lines[number - 1] = re.sub(
            r"\{[\w:]+\}`[^`]*`|`[^`]*`|\]\([^)]*\)|\]\{[^}]*\}|https?://\S+", " ", line
        )
    return "\n".join(lines)


def misspelt(folder: Path) -> list[str]:
    """What codespell finds below a folder: usual slips, and American spellings."""
    import codespell_lib

    data = Path(codespell_lib.__file__).parent / "data" / "dictionary_en-GB_to_en-US.txt"
    american: dict[str, str] = {}
    for line in data.read_text(encoding="utf-8").splitlines():
        british, _, others = line.partition("->")
        for other in filter(None, (word.strip() for word in others.split(","))):
            american.setdefault(other, british)
    words = folder / "american.txt"
    words.write_text("".join(f"{other}->{british}\n" for other, british in american.items()))
    done = subprocess.run(
        [sys.executable, "-m", "codespell_lib", "--builtin", "clear", "-D", "-", "-D", words,
         "-L", ",".join(sorted(SPELLED)), "--skip", words, folder],
        capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_prose_is_spelled_and_british(tmp_path):
    for page in tracked():
        if page.suffix == ".md":
            name = page.relative_to(ROOT).as_posix().replace("/", "__")
            (tmp_path / name).write_text(prose(page.read_text("utf-8")), encoding="utf-8")
    assert misspelt(tmp_path) == []


@pytest.mark.parametrize("words", ["Their labor was in vain.", "It occured in May.", "A theatre."])
@pytest.mark.parametrize("around", ["{}", "```{{self-check}} sc-a\n- [x] Yes. :: {}\n```"])
def test_the_spelling_is_really_read(tmp_path, around, words):
    text = f"# A\n\n`labor`\n\n{around.format(words)}\n\n```python\nlabor = 1\n```\n"
    (tmp_path / "page.md").write_text(prose(text))
    assert bool(misspelt(tmp_path)) == (words != "A theatre.")


def test_every_decision_is_recorded_short_and_linked():
    records = sorted((ROOT / "decisions").glob("*.md"))
    assert [int(r.name[:2]) for r in records] == list(range(1, len(records) + 1))
    listed = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for record in records:
        text = record.read_text("utf-8")
        assert len(text.splitlines()) <= 25, record.name
        for part in ("# ", "## Choice", "## Why", "## What it costs", "## When to think again"):
            assert any(line.startswith(part) for line in text.splitlines()), (record.name, part)
        assert f"decisions/{record.name}" in listed, record.name

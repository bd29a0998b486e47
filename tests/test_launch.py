"""Addresses come from the repository, Binder's files from the book's pins; nothing by hand."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from multivector.book.build import repository
from multivector.book.build.repository import Repository
from multivector.book.notebooks import binder, launch

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("remote", "host", "path"),
    [
        ("https://github.com/a/b.git", "github.com", "a/b"),
        ("https://token@github.com/a/b", "github.com", "a/b"),
        ("git@github.com:a/b.git", "github.com", "a/b"),
        ("ssh://git@gitlab.com:22/g/s/b.git", "gitlab.com", "g/s/b"),
        ("https://git.example.org/a/b/", "git.example.org", "a/b"),
    ],
)
def test_a_remote_is_understood(remote: str, host: str, path: str) -> None:
    assert repository.parse(remote) == Repository(host, path)


@pytest.mark.parametrize("remote", ["", "/srv/book", "../book.git", "file:///x/y", "C:\\x\\y"])
def test_a_folder_is_no_address(remote: str) -> None:
    assert repository.parse(remote) is None


def test_the_runner_names_the_repository_before_git_does(tmp_path: Path) -> None:
    names = {"GITHUB_REPOSITORY": "a/b", "GITHUB_REF_NAME": "main"}
    assert repository.find(tmp_path, names) == Repository("github.com", "a/b", "main")
    names["GITHUB_REF_NAME"] = "7/merge"
    assert repository.find(tmp_path, names) == Repository("github.com", "a/b", "HEAD")
    names = {"CI_PROJECT_URL": "https://gitlab.com/g/b", "CI_COMMIT_REF_NAME": "main"}
    assert repository.find(tmp_path, names) == Repository("gitlab.com", "g/b", "main")


def test_git_names_it_where_there_is_a_remote(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    git("init")
    assert repository.find(tmp_path, {}) is None
    git("remote", "add", "origin", "https://github.com/a/b.git")
    assert repository.find(tmp_path, {}) == Repository("github.com", "a/b", "HEAD")


def test_links_open_the_notebook_and_never_the_markdown() -> None:
    home = Repository("github.com", "a/b", "main")
    found = dict(launch.links("chapters/x/y", "x/y.ipynb", home, {launch.BRANCH: "notebooks"}))
    assert found == {
        "Download this chapter as a notebook": "../../_downloads/notebooks/x/y.ipynb",
        "Run it on Binder": "https://mybinder.org/v2/gh/a/b/main?urlpath=lab%2Ftree%2Fnotebooks"
        "%2Fx%2Fy.ipynb",
        "Run it on Colab": "https://colab.research.google.com/github/a/b/blob/notebooks/x/y.ipynb",
        "Suggest an edit": "https://github.com/a/b/edit/main/chapters/x/y.md",
        "The repository": "https://github.com/a/b",
    }


def test_what_cannot_work_is_absent_and_the_download_is_not() -> None:
    def words(home: Repository | None) -> list[str]:
        return [word for word, _ in launch.links("chapters/x/y", "x/y.ipynb", home, {})]

    only = ["Download this chapter as a notebook"]
    assert words(None) == only
    assert words(Repository("git.example.org", "a/b")) == [*only, "The repository"]
    binder_too = [*only, "Run it on Binder", "The repository"]
    assert words(Repository("github.com", "a/b")) == binder_too
    assert launch.links("chapters/x/y", None, None, {}) == []
    assert launch.listed([]) == ""


def test_gitlab_groups_are_escaped_for_binder() -> None:
    address = Repository("gitlab.com", "g/s/b", "main").binder("notebooks/y.ipynb")
    assert address.startswith("https://mybinder.org/v2/gl/g%2Fs%2Fb/main?")


# --- Binder's files -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(binder.derived()))
def test_binder_agrees_with_the_book(name: str) -> None:
    there = (ROOT / ".binder" / name).read_text(encoding="utf-8")
    assert there == binder.derived()[name], "run: python -m multivector.book.notebooks.binder"


def test_every_shared_version_is_the_book_s_own() -> None:
    book = binder.pins((ROOT / "requirements.txt").read_text())
    if (ROOT / "constraints.txt").is_file():
        book |= binder.pins((ROOT / "constraints.txt").read_text())
    locked = binder.pins((ROOT / ".binder/constraints.txt").read_text())
    shared = sorted(set(book) & set(locked))
    assert {"pandas", "plotly", "anywidget", "ipywidgets"} <= set(shared)
    assert {name: locked[name] for name in shared} == {name: book[name] for name in shared}


def test_a_changed_pin_changes_binder() -> None:
    text = "# run: what\npandas==3.1.1  # tables\n\n# build: more\nsphinx==7.4.7\n"
    made = binder.files(text, "idna==3.20\n", "pandas==9.9\nidna==1.0\nlark==1.3\nsphinx==1.0\n")
    assert "pandas==3.1.1" in made["requirements.txt"]
    assert "sphinx" not in made["requirements.txt"]
    assert binder.pins(made["constraints.txt"]) == {
        "pandas": "3.1.1", "idna": "3.20", "lark": "1.3", "sphinx": "7.4.7",
    }  # fmt: skip
    with pytest.raises(ValueError, match="run"):
        binder.run_section("pandas==3.1.1\n")


def test_post_build_can_be_run_and_python_is_the_books() -> None:
    assert (ROOT / ".binder/postBuild").stat().st_mode & 0o111
    wanted = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    assert (ROOT / ".binder/runtime.txt").read_text() == f"python-{wanted[1]}\n"

"""The workflows ask for what exists, pin what they use, and may do no more than they must."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from multivector.book.notebooks import launch
from multivector.book.notebooks.notebooks import DOWNLOADS

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))


def read(name: str) -> dict:
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())
    flow["on"] = flow.pop(True)  # YAML 1.1 reads the word as a truth value
    return flow


def steps(flow: dict) -> list[dict]:
    return [step for job in flow["jobs"].values() for step in job["steps"]]


def runs(flow: dict) -> str:
    return "\n".join(step.get("run", "") for step in steps(flow))


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_a_workflow_is_bounded_pinned_and_modest(name):
    flow = read(name)
    assert flow["permissions"] == {"contents": "read"} or name == "links"
    for job in flow["jobs"].values():
        assert not job["runs-on"].endswith("latest")
        assert "timeout-minutes" in job or "environment" in job
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@(?:v\d[\w.]*|[0-9a-f]{40})", step["uses"])
    for target in re.findall(r"\bmake (\w+)", runs(flow)):
        assert target in TARGETS, target
    # What a stranger can write, such as a title, never becomes part of a command.
    assert "github.event." not in runs(flow)


def test_a_change_is_tested_previewed_and_published_only_from_main():
    flow = read("book")
    assert {"push", "pull_request"} <= set(flow["on"])
    assert "make test" in runs(flow) and "make dist" in runs(flow)
    for step in flow["jobs"]["test"]["steps"]:
        if step.get("with", {}).get("path") == "dist/site" or step.get("run") == "make dist":
            assert "refs/heads/main" in step["if"] and "!= 'pull_request'" in step["if"]
        if step.get("with", {}).get("name") == "preview":
            assert step["if"] == "github.event_name == 'pull_request'"
    assert "refs/heads/main" in flow["jobs"]["publish"]["if"]
    assert flow["jobs"]["publish"]["needs"] == "test"


def test_links_to_colab_point_at_the_branch_that_publishing_fills():
    flow = read("book")
    (made,) = [step for step in flow["jobs"]["test"]["steps"] if step.get("run") == "make dist"]
    branch = made["env"][launch.BRANCH]
    job = flow["jobs"]["notebooks"]
    assert "refs/heads/main" in job["if"] and job["needs"] == "test"
    assert f'.git" {branch}\n' in job["steps"][-1]["run"]
    (kept,) = [step for step in flow["jobs"]["test"]["steps"]
               if step.get("with", {}).get("name") == "notebooks"]  # fmt: skip
    assert kept["with"]["path"] == f"dist/site/{DOWNLOADS}"
    assert job["steps"][0]["with"]["name"] == "notebooks"


def test_a_release_is_tested_checked_and_holds_the_checksums():
    flow = read("release")
    assert flow["on"] == {"push": {"tags": ["v*"]}}
    order = [runs(flow).index(word) for word in ("make test", "make dist", "sha256sum --check",
                                                "gh release create")]  # fmt: skip
    assert order == sorted(order)
    assert "SHA256SUMS" in runs(flow).split("gh release create")[1]


def test_dead_links_open_an_issue_and_block_nobody():
    flow = read("links")
    assert set(flow["on"]) == {"schedule", "workflow_dispatch"}
    assert "gh issue create" in runs(flow)
    checker = next(step for step in steps(flow) if "lychee" in step.get("uses", ""))
    assert checker["with"]["fail"] is False


def test_the_canary_may_fail_and_nothing_waits_for_it():
    """What it builds is tested by running it: tests/test_canary.py, in the soak."""
    flow = read("canary")
    assert set(flow["on"]) == {"schedule", "workflow_dispatch"}
    assert all(job["continue-on-error"] is True for job in flow["jobs"].values())


def test_dependency_updates_know_the_ceilings():
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    by_kind = {update["package-ecosystem"]: update for update in updates}
    assert set(by_kind) == {"pip", "npm", "github-actions"}
    pins = dict(re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.M))
    ceilings = {rule["dependency-name"]: rule.get("versions") for rule in by_kind["pip"]["ignore"]}
    held = {"jupyter-book", "sphinx", "docutils", "myst-parser", "sphinx-book-theme",
            "pydata-sphinx-theme"}  # fmt: skip
    assert held <= set(ceilings)
    for name in held:
        (rule,) = ceilings[name]
        limit = [int(n) for n in rule.removeprefix(">=").split(".")]
        now = [int(n) for n in pins[name].strip(".").split(".")]
        assert now < limit, f"{name} {pins[name]} is not below {rule}"
    npm = {rule["dependency-name"] for rule in by_kind["npm"]["ignore"]}
    assert "plotly" in ceilings and "plotly.js-basic-dist-min" in npm

"""A sample takes its turn: every value within a few commits, and all of them in the soak."""

from __future__ import annotations

import pytest
import sampling


@pytest.mark.parametrize(("size", "keep"), [(1, 1), (4, 1), (5, 2), (7, 3), (3, 9)])
def test_every_value_has_its_turn_within_a_few_commits(size, keep, monkeypatch):
    values = list(range(size))
    seen = set()
    for commit in range(-(-size // keep) + 1):
        monkeypatch.setattr(sampling, "commit_number", lambda commit=commit: commit)
        chosen = sampling.turn(values, keep)
        assert len(chosen) == min(keep, size) and chosen == sorted(chosen)
        seen |= set(chosen)
    assert seen == set(values)


def test_what_is_left_out_is_the_soak_s():
    params = sampling.sampled(["a", "b", ("c", 1)], 1)
    assert len(params) == 3
    left = [p for p in params if getattr(p, "marks", None)]
    assert len(left) == 2
    assert all(mark.name == "soak" for p in left for mark in p.marks)

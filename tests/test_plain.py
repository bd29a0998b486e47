"""Answers cross from a student's process as plain values: what is sent can always be read."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multivector import load
from multivector.grading import plain
from multivector.grading.expect import Wrong, number
from multivector.grading.plain import Other
from multivector.grading.sandbox import MAX_REPLY

HUGE = {
    "a whole table": lambda: load("facts"),
    "a Series of 5,000": lambda: pd.Series(range(5_000)),
    "a dictionary of 5,000": lambda: {i: i for i in range(5_000)},
    "a table of 1,700 by 6": lambda: pd.DataFrame(np.zeros((1_700, 6))),
    "a merged table": lambda: load("trade").merge(load("trade"), on="year"),
    "300 texts of 5,000 letters": lambda: ["қ" * 5_000] * 300,
    "an array of a million": lambda: np.zeros((1_000, 1_000)),
    "a list of lists": lambda: [[0] * 100] * 100,
}


@pytest.mark.parametrize("name", HUGE)
def test_a_large_answer_is_too_large_and_nothing_else(name):
    """One value is refused with a sentence; it is no attack, and no error in the notebook."""
    message = plain.encode(HUGE[name]())
    assert message == {"k": "other", "type": "too large"}
    assert plain.decode(message) == Other("too large")
    with pytest.raises(Wrong, match="`strategy` holds far more than the question asks for"):
        number(plain.local(HUGE[name]()), "strategy")


def test_a_large_answer_inside_an_answer_is_the_answer():
    assert plain.local({"a": 1, "b": list(range(6_000))}) == Other("too large")


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (pd.DataFrame({"a": [[1, 2]]}), plain.Table(("a",), (("Other(type_name='list')",),))),
        ({(1, 2): 3}, {"Other(type_name='tuple')": 3}),
        ({"f": [len, math.sqrt]}, {"f": [Other("builtin_function_or_method")] * 2}),
    ],
)
def test_a_cell_or_label_that_is_no_single_value_names_its_type(value, seen):
    assert plain.local(value) == seen


def test_a_function_that_returns_a_function_is_an_answer_like_another():
    returned = plain.encode(lambda x: x)
    assert plain.decode(returned, call=None) == Other("function")


def test_a_test_that_gives_a_function_too_much_says_so_to_its_author():
    called = plain.local(lambda table: len(table))
    with pytest.raises(ValueError, match="give it fewer rows"):
        called(load("facts"))


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
    | st.just(...) | st.dates() | st.binary(max_size=5)
    | st.text(alphabet="\x01\ud800қ\"\\", max_size=20)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers() | st.text(max_size=5), inner, max_size=4)
        | st.tuples(inner, inner)
        | st.lists(inner, max_size=3).map(lambda v: pd.Series(v, dtype=object))
        | st.lists(inner, max_size=3).map(lambda v: pd.DataFrame({"a": pd.Series(v, dtype=object)}))
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(value=VALUES)
def test_what_is_sent_can_be_read(value):
    """Encode never raises, the line holds it, and decode reads every message that encode wrote."""
    line = json.dumps(plain.encode(value), ensure_ascii=False, allow_nan=False)
    line = line.encode("utf-8", "strict")
    assert len(line) < MAX_REPLY
    plain.decode(json.loads(line))


@settings(max_examples=20, deadline=None)
@given(
    size=st.integers(4_900, 5_100),
    letter=st.sampled_from(["a", "\x01", "қ", "😀", '"']),
    length=st.integers(0, 30),
)
def test_the_largest_answers_fit_the_line(size, letter, length):
    line = json.dumps(plain.encode([letter * length] * size), ensure_ascii=False)
    assert len(line.encode()) < MAX_REPLY
    plain.decode(json.loads(line))

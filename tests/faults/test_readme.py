"""Every case of the list names a test that is there, or says why it has none."""

import re
from collections import Counter
from pathlib import Path

import pytest

from eventing.bus import ROOT
from tests.faults.mutations import MUTATIONS, Mutation, with_table

TEXT = Path(__file__).with_name("README.md").read_text()
CASES = dict(re.findall(r"^\| (F\d+) \| .*? \| (.*) \|$", TEXT, re.MULTILINE))
SHORT = dict(re.findall(r"`(\w)` is\s+`(tests/[\w/.:]+)`", TEXT))
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)


def test_every_test_that_is_named_is_there() -> None:
    assert len(NAMED) > 60
    for path, name in NAMED:
        text = (ROOT / path).read_text()
        assert f"def {name}(" in text if name else text, f"{path}::{name}"


@pytest.mark.parametrize("case", CASES)
def test_a_case_has_a_test_or_a_reason(case: str) -> None:
    told = CASES[case]
    known = told.strip("`") in SHORT or "`tests/" in told
    assert known or told.startswith("cannot occur: ")


def test_the_list_of_mutations_is_the_one_that_is_tried() -> None:
    assert with_table(TEXT) == TEXT, "run python -m tests.faults.mutations --table"
    assert "| relay |" in TEXT


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: str(mutation.told))
def test_a_mutation_has_its_place_in_the_code(mutation: Mutation) -> None:
    assert (ROOT / mutation.file).read_text().count(mutation.old) == 1


def test_every_mechanism_has_three_mutations() -> None:
    assert min(Counter(mutation.mechanism for mutation in MUTATIONS).values()) >= 3


def test_the_list_is_whole() -> None:
    gaps = {7, 20, 38, 41, 43, 47, 64, 67, 71, 80, 81, 87, 96, 101, 103}
    assert [int(case[1:]) for case in CASES] == [n for n in range(1, 105) if n not in gaps]

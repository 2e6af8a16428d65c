"""The dictionary explains each term and ties it to a file that is there."""

import re

import pytest

from eventing.bus import ROOT

DICTIONARY = ROOT / "docs" / "dictionary.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in DICTIONARY.read_text().splitlines()
    if line.startswith("| ")
][1:]


def test_the_dictionary_has_terms_and_each_of_them_once() -> None:
    terms = [row[0] for row in ROWS]
    assert len(terms) >= 25
    assert len(set(terms)) == len(terms)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_term_is_explained_and_tied_to_a_file_that_exists(row: list[str]) -> None:
    _, meaning, where = row
    assert meaning.endswith(".")
    links = re.findall(r"\]\(([^)]+)\)", where)
    assert links
    for link in links:
        assert (DICTIONARY.parent / link).resolve().is_file(), link

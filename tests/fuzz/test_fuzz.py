"""A short run of every fuzzer; `make fuzz` is the long one."""

import logging
from collections.abc import Iterator
from random import Random

import pytest

from tests.fuzz.__main__ import LARGEST, SLOWEST, TARGETS, run
from tests.fuzz.mutations import mutated
from tests.fuzz.target import Target

INPUTS = 1500


@pytest.fixture
def quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("name", TARGETS)
async def test_every_input_gives_a_value_or_a_refusal(name: str) -> None:
    found = await run(name, seed=1, first=0, inputs=INPUTS)
    assert found.finding == ""
    assert found.inputs == INPUTS
    assert len(found.endings) > 1, "the inputs are all good or all bad"
    assert (found.slowest[0], found.grown) < (SLOWEST, LARGEST)


def test_an_input_comes_again_by_its_seed_and_number() -> None:
    seeds = [(b"a", b"bc"), (b"def",)]
    first = [mutated(seeds, [b"x"], Random(number)) for number in range(500)]
    assert first == [mutated(seeds, [b"x"], Random(number)) for number in range(500)]
    assert len({tuple(parts) for parts in first}) > 200


class Fragile(Target):
    """A door that fails on a certain byte, and takes its time on another."""

    seeds = ((b"abc", b"def"),)
    tokens = (b"!", b"?")

    async def put(self, parts: list[bytes], chance: Random) -> str:
        if b"!" in b"".join(parts):
            raise KeyError("no refusal of its own")
        return "fine"


async def test_the_first_input_that_is_a_finding_ends_the_run_and_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(TARGETS, "fragile", Fragile)
    found = await run("fragile", seed=1, first=0, inputs=500)
    number = int(found.finding.split()[1].rstrip(":"))
    assert found.inputs == number < 500
    assert "no refusal of its own" in found.finding
    assert b"!" in b"".join(Fragile().input(1, number)[0])

"""A hub that is silent is not a hub that let go: what it still holds is not given up."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from azure.eventhub.aio import EventHubConsumerClient

from eventing.bus import declared
from eventing.errors import Transient
from eventing.hubs import Hubs


class Silent:
    """A consumer client whose hub says what it holds and sends none of it."""

    def __init__(self, begins: int, ends: int) -> None:
        self._told = {
            "is_empty": False,
            "beginning_sequence_number": begins,
            "last_enqueued_sequence_number": ends,
        }

    async def __aenter__(self) -> "Silent":
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def get_partition_properties(self, _: str) -> dict[str, Any]:
        return self._told

    async def receive_batch(
        self, take: Callable[[Any, list[Any]], Awaitable[None]], **_: object
    ) -> None:
        await take(None, [])  # what the SDK calls when max_wait_time passes without an event


async def _read(begins: int, ends: int) -> list[Any]:
    client = cast("EventHubConsumerClient", Silent(begins, ends))
    hubs = Hubs(declared(), lambda _: pytest.fail("nothing is sent"), lambda _hub, _group: client)
    return [part async for part in hubs.read("sale", "3", 2089, 2135)]


@pytest.mark.parametrize(("begins", "ends"), [(0, 2139), (2089, 2135), (2135, 2139)])
async def test_silence_about_events_that_the_hub_holds_is_transient(begins: int, ends: int) -> None:
    with pytest.raises(Transient, match=f"gave nothing for 5 s after 2088, and holds {begins}-"):
        await _read(begins, ends)


@pytest.mark.parametrize(("begins", "ends"), [(2136, 2139), (0, 12)])
async def test_events_that_the_hub_has_let_go_are_the_end_of_the_range(
    begins: int, ends: int
) -> None:
    assert await _read(begins, ends) == []

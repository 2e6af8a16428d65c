"""A broker process of its own for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.eventhubs.processes import Broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    started = Broker(tmp_path)
    yield started
    assert started.stop() == 0

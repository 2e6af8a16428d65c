"""The API over stores in memory, for the tests that need no server."""

from collections.abc import Iterator

import pytest

from tests.api.door import Door, opened


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as found:
        yield found

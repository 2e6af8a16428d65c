"""The checkout's truth, read once: indexing every team's app takes a second or two."""

import os
from pathlib import Path

import pytest

from eventing.bus import ROOT
from tests.infra.truth import Truth, read


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout under test; EVENTING_CHECKOUT points the same tests at another one."""
    return Path(os.environ.get("EVENTING_CHECKOUT", ROOT)).resolve()


@pytest.fixture(scope="session")
def truth(root: Path) -> Truth:
    return read(root)

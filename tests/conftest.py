"""The whole stack for the tests that need it: once with the app, once without, on free ports."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from local.ports import Ports
from local.stack import Stack

# The same examples every time, so that a run here tells of a run there, however busy it is.
EXAMPLES = int(os.environ.get("EXAMPLES", "100"))
settings.register_profile(
    "reproducible", max_examples=EXAMPLES, derandomize=True, database=None, deadline=None
)
settings.load_profile("reproducible")


def asked_by(item: pytest.Item) -> set[str]:
    """The fixtures of a test."""
    return set(getattr(item, "fixturenames", ()))


# Before xdist reads the groups: a group that is named later is none.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep in one worker what shares servers or a long look at the code, else a file's tests.

    A test that names a group is in that.
    """
    # What lasts goes first, so that no worker is left with it at the end.
    items.sort(
        key=lambda item: ("stack" not in asked_by(item), not item.get_closest_marker("slow"))
    )
    for item in [each for each in items if not each.get_closest_marker("xdist_group")]:
        asked = asked_by(item)
        group = "stack" if {"stack", "servers"} & asked else item.nodeid.split("::")[0]
        if "truth" in asked:
            group = "truth"
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests counted, which a worker cannot print by itself."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", []):
            if name == "told":
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Azurite, the registry with all schemas, and the broker; no app reads from them."""
    with Stack(tmp_path_factory.mktemp("servers"), Ports.free()) as running:
        running.start()
        yield running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack with the app, whose host lets every caller in."""
    with Stack(tmp_path_factory.mktemp("stack"), Ports.free()) as running:
        running.start(app=True)
        yield running

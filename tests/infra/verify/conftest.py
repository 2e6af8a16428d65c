"""The checks of a live subscription run when they are asked for by their mark, and only then."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "azure: needs a deployed environment and `az login`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "azure" in config.getoption("markexpr"):
        return
    live = [item for item in items if item.get_closest_marker("azure")]
    config.hook.pytest_deselected(items=live)
    items[:] = [item for item in items if item not in live]

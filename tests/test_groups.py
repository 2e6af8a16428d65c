"""What shares servers, or a long look at the code, is run by one worker."""

import pytest


def test_a_worker_knows_the_group_of_a_test(request: pytest.FixtureRequest) -> None:
    # pytest 9.2.0 with xdist 3.8.0 forgot every group and told nobody: each worker then starts
    # the servers that it should have shared (pytest-xdist issue 1386).
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process runs all tests")
    assert request.node.nodeid.endswith("@tests/test_groups.py")

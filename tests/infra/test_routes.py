"""Which routes answer without a key, and that the document tells every other one."""

from tests.api.door import OPERATIONS
from tests.infra.truth import Function, Truth
from tests.rules.found import TEAMS

PAGES = {"GET docs", "GET openapi.json", "GET console"}
"""For people, or the document itself."""

OPEN = {"GET docs", "GET openapi.json", *(f"GET health/{team}" for team in TEAMS)}


def routes(truth: Truth) -> dict[str, Function]:
    return {
        f"{method} {each.trigger['route']}": each
        for each in truth.functions
        if each.kind.lower() == "httptrigger"
        for method in each.trigger["methods"]
    }


def test_only_these_routes_are_open_to_everybody(truth: Truth) -> None:
    levels = {name: str(each.trigger["authLevel"]).upper() for name, each in routes(truth).items()}
    assert {name for name, level in levels.items() if level == "ANONYMOUS"} == OPEN
    assert set(levels.values()) == {"ANONYMOUS", "FUNCTION"}


def test_every_route_is_in_the_document_and_no_other(truth: Truth) -> None:
    told = {f"{each.method} {each.route}" for each in OPERATIONS}
    assert told == set(routes(truth)) - PAGES

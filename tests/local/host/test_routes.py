"""Route templates."""

import pytest

from local.host.config import ConfigurationError
from local.host.functions import Function
from local.host.routes import compile_route, find


def function(route: str, *methods: str, name: str = "f") -> Function:
    binding = {"route": route, "methods": list(methods) or None}
    return Function(name, "id", "httptrigger", "req", binding, None, is_async=True)


@pytest.mark.parametrize(
    ("route", "path", "expected"),
    [
        ("items/{id}", "api/items/5", {"id": "5"}),
        ("items/{id}", "API/Items/a%20b", {"id": "a b"}),
        ("items/{id}", "api/items", None),
        ("items/{id?}", "api/items", {}),
        ("items/{id:int}", "api/items/x", None),
        ("items/{id:int?}", "api/items/-7", {"id": "-7"}),
        ("items/{id=5}", "api/items", {"id": "5"}),
        ("files/{*rest}", "api/files/a/b.csv", {"rest": "a/b.csv"}),
        ("files/{*rest}", "api/files", {}),
        ("x/{a:length(2,3)}", "api/x/abcd", None),
        ("x/{a:range(1,9):int}", "api/x/9", {"a": "9"}),
        ("x/{a:regex(^[[a-z]]$)}", "api/x/9", None),
        (
            "x/{a:guid}",
            "api/x/00000000-0000-0000-0000-000000000000",
            {"a": "0" * 8 + "-0000" * 3 + "-" + "0" * 12},
        ),
        ("x/{name}.{kind}", "api/x/a.b", {"name": "a", "kind": "b"}),
        ("", "api/f", {}),
    ],
)
def test_a_template_matches(route: str, path: str, expected: dict[str, str] | None) -> None:
    assert compile_route(function(route), "api").match(path) == expected


def test_a_literal_beats_a_constraint_beats_a_parameter() -> None:
    names = {"any": "x/{a}", "number": "x/{a:int}", "literal": "x/new"}
    routes = [compile_route(function(route, name=name), "") for name, route in names.items()]
    chosen = [find(routes, "GET", path) for path in ("x/new", "x/5", "x/z")]
    assert [match and match[0].function.name for match in chosen] == ["literal", "number", "any"]


def test_a_method_that_is_not_listed_is_no_route() -> None:
    assert find([compile_route(function("x", "GET"), "")], "PUT", "x") is None


@pytest.mark.parametrize("route", ["admin/x", "administration", "runtime", "x/{a:nonsense}", "x/{"])
def test_a_route_that_the_host_cannot_take_is_refused(route: str) -> None:
    with pytest.raises(ConfigurationError, match="f: route"):
        compile_route(function(route), "api")

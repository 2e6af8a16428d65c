"""The app on a host that asks for keys: without one, every route but the open ones is a 401."""

import json
import re
from collections.abc import Iterator, Mapping

import pytest

from local.ports import Ports
from local.settings import ROOT
from local.stack import Stack
from tests.api.door import JSON, OPERATIONS, PRODUCT
from tests.infra.test_routes import OPEN
from tests.local.host.servers import RunningHost, host

pytestmark = pytest.mark.stack

MASTER, KEY = ({"x-functions-key": key} for key in ("master", "shared"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    folder = tmp_path_factory.mktemp("keys")
    with Stack(folder, Ports.free()) as stack:
        stack.start()
        with host(ROOT, folder / "record.jsonl", stack.environment()) as running:
            running.wait_ready()
            yield running
            assert running.stop() == 0


def routes(app: RunningHost) -> list[str]:
    """Method and route of everything that the running app answers."""
    functions = json.loads(app.call("GET", "/admin/functions", headers=MASTER).body)
    bindings = [binding for each in functions for binding in each["config"]["bindings"]]
    return [
        f"{method} {binding['route']}"
        for binding in bindings
        if binding["type"].lower() == "httptrigger"
        for method in binding["methods"]
    ]


def status(app: RunningHost, route: str, headers: Mapping[str, str]) -> int:
    method, path = route.split(" ")
    return app.call(method, f"/api/{re.sub(r'{.*?}', 'a', path)}", b"{}", headers).status


@pytest.mark.parametrize("headers", [{}, {"x-functions-key": "wrong"}, {"x-functions-key": ""}])
def test_who_has_no_key_reaches_the_open_routes_only(
    app: RunningHost, headers: dict[str, str]
) -> None:
    found = {route: status(app, route, headers) for route in routes(app)}
    assert set(found) >= {f"{each.method} {each.route}" for each in OPERATIONS}
    assert found == {route: 200 if route in OPEN else 401 for route in found}


def test_a_refused_command_does_nothing_and_a_key_lets_it_in(app: RunningHost) -> None:
    body, kind = json.dumps(PRODUCT).encode(), {"content-type": JSON}
    assert app.call("PUT", "/api/products/keyed", body, kind).status == 401
    assert app.call("GET", "/api/products/keyed", headers=KEY).status == 404
    assert app.call("PUT", "/api/products/keyed", body, kind | KEY).status == 201
    assert app.call("GET", "/api/products/keyed?code=shared").status == 200

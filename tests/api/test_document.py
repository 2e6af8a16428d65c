"""The OpenAPI document and its page are valid, whole and by themselves."""

import json
import re
from typing import Any

import azure.functions as func
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from domains.customer import activate_account, open_account
from domains.product.configure_product import ConfigureProduct
from eventing.openapi import document
from eventing.operation import body_of
from eventing.problem import problem_type
from eventing.refusals import refusals
from tests.api.door import FUNCTIONS, OPERATIONS
from tests.rules.found import TEAMS


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return document(OPERATIONS, "API")


def test_the_document_is_valid_openapi(told: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(told).validate()


async def test_it_is_served_as_it_is_made(told: dict[str, Any]) -> None:
    request = func.HttpRequest("GET", "/api/openapi.json", body=b"")
    answer = await FUNCTIONS["get_openapi"](request)
    assert answer.mimetype == "application/json"
    assert json.loads(answer.get_body()) == told


async def test_the_page_names_every_operation_and_loads_nothing() -> None:
    answer = await FUNCTIONS["get_docs"](func.HttpRequest("GET", "/api/docs", body=b""))
    page = answer.get_body().decode()
    assert answer.mimetype == "text/html"
    assert set(re.findall(r'section id="([a-z_]+)"', page)) == {each.name for each in OPERATIONS}
    assert not re.search(r"<script|<link|<img|src=|url\(|@import|https?://", page)


def test_the_body_of_a_command_is_what_neither_route_nor_door_gives() -> None:
    body = body_of(ConfigureProduct, {"product_id"})
    assert set(body.__dataclass_fields__) == {
        *("name", "category", "price", "currency", "term_months", "status")
    }


def test_the_refusals_of_a_rule_and_of_what_it_uses_are_told(told: dict[str, Any]) -> None:
    assert refusals(open_account.decide) == {(409, "erased"), (422, "other_account")}
    assert refusals(activate_account.decide) == {
        (404, "unknown_account"), (409, "erased"), (409, "overtaken"),
    }  # fmt: skip
    answers = told["paths"]["/accounts/{account_id}/activate"]["post"]["responses"]
    content = answers["409"]["content"]["application/problem+json"]
    assert set(content["schema"]["properties"]["type"]["enum"]) == {
        problem_type(code) for code in ("conflict", "erased", "overtaken")
    }


def test_only_open_operations_ask_for_no_key(told: dict[str, Any]) -> None:
    free = {
        operation["operationId"]
        for methods in told["paths"].values()
        for operation in methods.values()
        if not operation["security"]
    }
    assert free == {f"{team}_health" for team in TEAMS}

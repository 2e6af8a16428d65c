"""Wrong requests, each by its number in the list of faults: a typed refusal, nothing kept."""

import json
from typing import Any

import pytest

from tests.api.door import PERSON, PRODUCT, Door

NOBODY = "00000000-0000-4000-8000-000000000001"
DEEP = b'{"name":' + b"[" * 20_000 + b"]" * 20_000 + b"}"


def nothing_is_kept(door: Door) -> bool:
    return not door.bus.events and not any(store.rows for store in door.stores.values())


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe{}", b"{\"name\": 'x'}", b"{}{}", b"\x00"],
)
async def test_f88_what_is_no_json_object_is_a_400(door: Door, body: bytes) -> None:
    answer = await door.call("POST", "accounts", body)
    assert (answer.status, answer.problem) == (400, "malformed-json")
    assert "Traceback" not in answer.body.decode()
    assert nothing_is_kept(door)


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "", "a/b; json"])
async def test_f88_another_content_type_is_a_415(door: Door, media_type: str) -> None:
    answer = await door.call("POST", "accounts", PERSON, {"content-type": media_type})
    assert (answer.status, answer.problem) == (415, "not-json")
    assert nothing_is_kept(door)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": "' + b"x" * 10_000_000 + b'"}', 413),
        (DEEP, 400),
        (b'{"name": ' + b"1" * 5001 + b"}", 400),
        (b'{"name": NaN}', 400),
        (b'{"name": -Infinity}', 400),
        (b'{"name": "Ada", "email": "a@b.c", "name": "Eve"}', 400),
    ],
    ids=["10 MB", "nesting", "5001 digits", "NaN", "infinity", "a name twice"],
)
async def test_f89_what_would_hurt_a_parser_is_refused(
    door: Door, body: bytes, status: int
) -> None:
    answer = await door.call("POST", "accounts", body)
    assert answer.status == status
    assert len(answer.body) < 1000
    assert nothing_is_kept(door)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": 5}, "/name"),
        ({"name": None}, "/name"),
        ({"name": "x" * 10_000}, "/name"),
        ({"name": " "}, "/name"),
        ({"price": 39.9}, "/price"),
        ({"price": "1e3"}, "/price"),
        ({"price": "1_000"}, "/price"),
        ({"price": "-1"}, "/price"),
        ({"price": "1.005"}, "/price"),
        ({"price": "\uff11"}, "/price"),
        ({"currency": "eur"}, "/currency"),
        ({"term_months": "24"}, "/term_months"),
        ({"term_months": True}, "/term_months"),
        ({"status": "gone"}, "/status"),
        ({"colour": "red"}, "/colour"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"product_id": "other"}, "/product_id"),
    ],
)
async def test_f90_a_wrong_field_is_named_by_its_pointer(
    door: Door, change: dict[str, Any], pointer: str
) -> None:
    answer = await door.call("PUT", "products/fibre", PRODUCT | change)
    assert (answer.status, answer.problem) == (422, "invalid-fields")
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]
    assert nothing_is_kept(door)


async def test_f90_every_missing_field_is_named_at_once(door: Door) -> None:
    answer = await door.call("POST", "accounts", {})
    assert [each["pointer"] for each in answer.json["errors"]] == ["/name", "/email"]


async def test_f90_thousands_of_unknown_fields_make_no_long_answer(door: Door) -> None:
    answer = await door.call("POST", "accounts", {f"f{number}": 0 for number in range(3000)})
    assert answer.status == 422
    assert len(answer.json["errors"]) == 50


@pytest.mark.parametrize("name", ["Zoë", "Zoe\u0308", "\u202eeve", "🦉", "a\u200bb", "مرحبا"])
async def test_f91_a_name_is_kept_as_it_was_written(door: Door, name: str) -> None:
    made = await door.call("POST", "accounts", PERSON | {"name": name})
    assert made.status == 201
    shown = await door.call("GET", made.headers["Location"].removeprefix("/api/"))
    assert shown.json["name"] == name


async def test_f91_a_lone_surrogate_is_a_400(door: Door) -> None:
    answer = await door.call("POST", "accounts", b'{"name": "\\ud800", "email": "a@b.c"}')
    assert (answer.status, answer.problem) == (400, "malformed-json")


ODD = [
    *("a%2Fb", "a%5Cb", "%23", "%3F", "%25", "%27", "%00", "%1f", "!", "A", "caf%C3%A9"),
    *("cafe%CC%81", "x" * 2048, "%EF%BC%91", "fibre%0A", "-fibre"),
    "%27%20or%20PartitionKey%20ne%20%27",
]


@pytest.mark.parametrize("text", ODD)
async def test_f92_what_is_no_id_names_nothing_and_makes_nothing(door: Door, text: str) -> None:
    assert (await door.call("GET", f"products/{text}")).status == 404
    assert (await door.call("GET", f"accounts/{text}")).status == 404
    assert (await door.call("POST", f"accounts/{text}/deactivate")).status == 404
    answer = await door.call("PUT", f"products/{text}", PRODUCT)
    assert (answer.status, answer.problem) == (422, "invalid-parameter")
    assert "will not do" in answer.body.decode()
    assert nothing_is_kept(door)


async def test_f92_an_id_is_one_in_either_case(door: Door) -> None:
    made = await door.call("POST", "accounts", PERSON)
    upper = made.json["account_id"].upper()
    assert (await door.call("GET", f"accounts/{upper}")).json == made.json
    assert (await door.call("GET", f"accounts/%7B{upper}%7D")).status == 404


@pytest.mark.parametrize(
    "path",
    [
        *("Acme/a.csv", "acme/a.txt", "acme/.csv", "acme/a%2Fb.csv", "acme/..%2Fother%2Fa.csv"),
        *("acme/a%5Cb.csv", "acme/a%00.csv", "acme/a%0A.csv", "acme/" + "x" * 300 + ".csv"),
        "acme/" + "%F0%9F%A6%89" * 100 + ".csv",
    ],
)
async def test_f92_a_file_that_no_row_could_tell_of_is_not_stored(door: Door, path: str) -> None:
    answer = await door.call("POST", f"sales-files/{path}", b"lead_id,purchase_date\n")
    assert (answer.status, answer.problem) == (422, "invalid-parameter")


async def test_f92_a_file_of_any_name_can_be_asked_for(door: Door) -> None:
    for name in ("caf%C3%A9.csv", "a%2Fb.csv", "%F0%9F%A6%89" * 100 + ".csv", "x" * 2048):
        answer = await door.call("GET", f"sales-files/acme/{name}")
        assert (answer.status, answer.problem) == (404, "not-found")


async def test_f95_a_key_is_in_no_answer_and_no_row(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "d0-not-tell"
    headers = {"x-functions-key": secret, "idempotency-key": "one"}
    made = await door.call("POST", f"accounts?code={secret}", PERSON, headers)
    assert made.status == 201
    kept = [text for store in door.stores.values() for text, _, _ in store.rows.values()]
    told = [str(made.headers).encode(), made.body, caplog.text.encode(), *kept]
    assert not [each for each in told if secret.encode() in each]


async def test_f99_the_server_s_clock_decides_and_no_caller_s(door: Door) -> None:
    body = PERSON | {"occurred_at": "2099-01-01T00:00:00Z"}
    answer = await door.call("POST", "accounts", body)
    assert [each["pointer"] for each in answer.json["errors"]] == ["/occurred_at"]
    product = PRODUCT | {"as_of": "2099-01-01T00:00:00Z"}
    assert (await door.call("PUT", "products/fibre", product)).status == 422
    assert nothing_is_kept(door)


async def test_no_answer_is_anything_but_json(door: Door) -> None:
    answer = await door.call("GET", f"accounts/{NOBODY}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(json.loads(answer.body)) == {"type", "title", "status", "detail"}

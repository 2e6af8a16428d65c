"""Asking again, asking at once, asking about an older version: F93 to F98."""

import asyncio
from collections import Counter

import pytest

from eventing.errors import Transient
from tests.api.door import PERSON, PRODUCT, Door

KEY = {"idempotency-key": "order-1"}
OTHER = {"name": "Bob", "email": "bob@example.com"}


async def test_f93_the_same_key_and_body_make_one_account(door: Door) -> None:
    first = await door.call("POST", "accounts", PERSON, KEY)
    again = await door.call("POST", "accounts", PERSON, KEY)
    assert (again.status, again.json, again.headers["ETag"]) == (
        201, first.json, first.headers["ETag"],
    )  # fmt: skip
    assert len(door.bus.events) == 1


async def test_f93_a_late_repetition_does_not_undo_what_came_since(door: Door) -> None:
    made = await door.call("POST", "accounts", PERSON, KEY)
    await door.call("POST", f"accounts/{made.json['account_id']}/deactivate")
    again = await door.call("POST", "accounts", PERSON, KEY)
    assert (again.status, again.json["status"]) == (201, "inactive")
    assert len(door.bus.events) == 2


async def test_f93_the_same_key_with_another_body_is_a_422(door: Door) -> None:
    await door.call("POST", "accounts", PERSON, KEY)
    answer = await door.call("POST", "accounts", OTHER, KEY)
    assert (answer.status, answer.problem) == (422, "other-account")
    assert "Ada" not in answer.body.decode()


async def test_f93_the_same_key_at_once_has_one_effect(door: Door) -> None:
    answers = await asyncio.gather(*(door.call("POST", "accounts", PERSON, KEY) for _ in range(20)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(door.bus.events) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"x-functions-key": "b"},
        {"x-functions-key": "a", "x-ms-client-principal-id": "eve"},
        {"x-functions-key": "b", "x-ms-client-principal-id": "ada"},
    ],
)
async def test_f93_another_caller_s_key_is_another_key(door: Door, other: dict[str, str]) -> None:
    own = {"x-functions-key": "a", "x-ms-client-principal-id": "ada"}
    mine = await door.call("POST", "accounts", PERSON, KEY | own)
    theirs = await door.call("POST", "accounts", OTHER, KEY | other)
    assert (mine.status, theirs.status) == (201, 201)
    assert mine.headers["Location"] != theirs.headers["Location"]


async def test_f93_without_a_key_every_request_makes_its_own(door: Door) -> None:
    answers = [await door.call("POST", "accounts", PERSON) for _ in range(2)]
    assert len({answer.headers["Location"] for answer in answers}) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "x" * 10_240, "é", "a\tb", "a\x00"])
async def test_f93_what_is_no_key_is_a_400(door: Door, key: str) -> None:
    answer = await door.call("POST", "accounts", PERSON, {"idempotency-key": key})
    assert (answer.status, answer.problem) == (400, "malformed-header")
    assert not door.bus.events


async def test_f94_a_failure_is_not_remembered(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object) -> None:
        raise Transient("the table does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(door.stores["customer"], "commit", down)
        failed = await door.call("POST", "accounts", PERSON, KEY)
    assert (failed.status, failed.problem) == (503, "unavailable")
    assert failed.headers["Retry-After"] == "1"
    assert (await door.call("POST", "accounts", PERSON, KEY)).status == 201
    assert len(door.bus.events) == 1


async def test_f97_a_caller_that_hangs_up_after_the_commit_loses_no_event(door: Door) -> None:
    door.bus.down = True
    made = await door.call("POST", "accounts", PERSON)
    assert made.status == 201
    assert sum(map(len, door.stores["customer"].waiting.values())) == 1


async def test_f98_a_stale_version_is_a_412_and_changes_nothing(door: Door) -> None:
    first = await door.call("PUT", "products/fibre", PRODUCT)
    seen = {"if-match": first.headers["ETag"]}
    changed = await door.call("PUT", "products/fibre", PRODUCT | {"price": "49.90"}, seen)
    assert (first.status, changed.status) == (201, 200)
    answer = await door.call("PUT", "products/fibre", PRODUCT | {"price": "59.90"}, seen)
    assert (answer.status, answer.problem) == (412, "stale")
    assert (await door.call("GET", "products/fibre")).json["price"] == "49.90"


async def test_f98_of_many_with_the_same_version_one_wins(door: Door) -> None:
    first = await door.call("PUT", "products/fibre", PRODUCT)
    seen = {"if-match": first.headers["ETag"]}
    answers = await asyncio.gather(
        *(
            door.call("PUT", "products/fibre", PRODUCT | {"price": f"{price}.00"}, seen)
            for price in range(10)
        )
    )
    assert Counter(answer.status for answer in answers) == {200: 1, 412: 9}


async def test_f98_switched_on_and_off_at_once_the_events_alternate(door: Door) -> None:
    account = (await door.call("POST", "accounts", PERSON)).json["account_id"]
    answers = await asyncio.gather(
        *(
            door.call("POST", f"accounts/{account}/{word}")
            for word in ("deactivate", "activate") * 10
        )
    )
    assert {answer.status for answer in answers} <= {200, 409}
    events = sorted(door.bus.events, key=lambda event: event.sequence)
    kinds = [event.type.rpartition(".")[2] for event in events]
    assert len({event.sequence for event in events}) == len(events)
    assert kinds == [("activated", "deactivated")[each % 2] for each in range(len(kinds))]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-match": "*"}, 412),
        ({"if-none-match": "*"}, 201),
        ({"if-match": '"0"'}, 201),
        ({"if-match": "1"}, 400),
        ({"if-match": '"1'}, 400),
        ({"if-none-match": '"1"'}, 400),
        ({"if-match": '"1"', "if-none-match": "*"}, 400),
    ],
)
async def test_f98_preconditions_on_what_is_not_there(
    door: Door, headers: dict[str, str], status: int
) -> None:
    assert (await door.call("PUT", "products/fibre", PRODUCT, headers)).status == status


async def test_f98_preconditions_on_what_is_there(door: Door) -> None:
    tag = (await door.call("PUT", "products/fibre", PRODUCT)).headers["ETag"]
    for match, status in (("{}", 200), ('"99", {}', 200), ("*", 200), ("W/{}", 412)):
        headers = {"if-match": match.format(tag)}
        answer = await door.call("PUT", "products/fibre", PRODUCT, headers)
        assert answer.status == status, match
        tag = answer.headers.get("ETag", tag)
    none = await door.call("PUT", "products/fibre", PRODUCT, {"if-none-match": "*"})
    assert none.status == 412


@pytest.mark.parametrize("word", ["activate", "deactivate"])
async def test_what_changes_nothing_leaves_every_caller_s_version_valid(
    door: Door, word: str
) -> None:
    first = await door.call("PUT", "products/fibre", PRODUCT)
    again = await door.call("PUT", "products/fibre", PRODUCT)
    assert (again.status, again.headers["ETag"]) == (200, first.headers["ETag"])
    account = (await door.call("POST", "accounts", PERSON)).json["account_id"]
    told = [await door.call("POST", f"accounts/{account}/{word}") for _ in range(2)]
    assert told[0].headers["ETag"] == told[1].headers["ETag"]
    assert told[0].json == told[1].json


async def test_a_caller_that_has_it_gets_a_304(door: Door) -> None:
    tag = (await door.call("PUT", "products/fibre", PRODUCT)).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"99", {tag}', "*"):
        answer = await door.call("GET", "products/fibre", headers={"if-none-match": known})
        assert (answer.status, answer.body) == (304, b"")
    assert (await door.call("GET", "products/fibre", headers={"if-none-match": '"99"'})).json

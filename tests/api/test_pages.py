"""Lists: every item on one page, whatever the size; no cursor leads out of its list."""

from base64 import urlsafe_b64encode

import pytest

from tests.api.door import PERSON, Door


async def walked(door: Door, path: str) -> list[list[str]]:
    pages, following = [], f"/api/{path}"
    while following:
        answer = await door.call("GET", following.removeprefix("/api/"))
        assert answer.status == 200
        pages.append([each["account_id"] for each in answer.json["items"]])
        following = answer.json["next"]
    return pages


@pytest.mark.parametrize(("limit", "count"), [(1, 7), (3, 9), (10, 30), (500, 30), (50, 0)])
async def test_every_item_is_on_just_one_page(door: Door, limit: int, count: int) -> None:
    made = [(await door.call("POST", "accounts", PERSON)).json["account_id"] for _ in range(count)]
    pages = await walked(door, f"accounts?limit={limit}")
    assert sorted(each for page in pages for each in page) == sorted(made)
    assert {len(page) for page in pages[:-1]} <= {limit}
    assert pages[-1] or not count


@pytest.mark.parametrize("limit", ["0", "501", "-1", "1.5", "x", "", "\uff11", "1" * 5001])
async def test_a_limit_that_is_none_is_a_422(door: Door, limit: str) -> None:
    answer = await door.call("GET", f"accounts?limit={limit}")
    assert (answer.status, answer.problem) == (422, "invalid-parameter")
    assert [each["parameter"] for each in answer.json["errors"]] == ["limit"]


def cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        *("x", "!!!", "é", cursor("64account!a"), cursor("-1account!a"), cursor("00contact!a")),
        *(cursor("00account!"), cursor("00a"), cursor("[0, null]"), cursor("00account!a' or '")),
        cursor("00account!" + "a" * 5000),
    ],
)
async def test_f92_a_cursor_of_another_list_is_a_422(door: Door, text: str) -> None:
    await door.call("POST", "accounts", PERSON)
    answer = await door.call("GET", f"accounts?cursor={text}")
    assert (answer.status, answer.problem) == (422, "invalid-parameter")

"""All twelve events on real servers, with a clock that is moved instead of waited for."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from eventing import schemas
from local.demo.readback import ReadBack
from local.ports import Ports
from local.settings import example
from local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

TEAMS = {"product", "customer", "conversions"}
"""Whose story it is; a team that was added tells its own."""

PRODUCT = {
    "name": "Fibre 500",
    "category": "internet",
    "price": "39.90",
    "currency": "EUR",
    "term_months": 12,
}


class Api:
    """The app's routes, as a caller uses them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        request = urllib.request.Request(  # noqa: S310 - this machine
            f"{self._stack.host_url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")


def until[T](look: Callable[[], T | None], seconds: float = 60) -> T:
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.2)
    return found


@pytest.fixture
def moved(tmp_path: Any) -> Iterator[tuple[Stack, dict[str, str]]]:
    values = dict(example()) | {"DUE_SCHEDULE": "*/2 * * * * *"}
    with Stack(tmp_path, Ports.free(), values) as stack:
        stack.start(app=True)
        yield stack, values


async def types_on_the_bus(settings: dict[str, str]) -> Counter[str]:
    hubs = ReadBack(settings["EVENTS"], settings["SCHEMAS__fullyQualifiedNamespace"])
    async with hubs:
        await hubs.catch_up(120)
        return hubs.types()


def a_contact(api: Api, name: str) -> str:
    body = {"name": name, "email": f"{name.lower()}@example.com"}
    status, account = api.call("POST", "accounts", body)
    assert status == 201
    return str(account["account_id"])


def a_lead(api: Api, contact: str) -> str:
    body = {"contact_id": contact, "product_id": "fibre", "partner": "acme"}
    status, lead = until(
        lambda: answer if (answer := api.call("POST", "leads", body))[0] != 404 else None
    )
    assert status == 201
    return str(lead["lead_id"])


def a_sale(api: Api, stack: Stack, lead: str) -> None:
    request = urllib.request.Request(  # noqa: S310
        f"{stack.host_url}/api/sales-files/acme/sales.csv",
        method="POST",
        data=f"lead_id,purchase_date\n{lead},2026-01-31\n".encode(),
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 202


def test_every_event_of_the_catalogue_is_raised_and_taken_in(
    moved: tuple[Stack, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, values = moved
    api = Api(stack)
    assert api.call("PUT", "products/fibre", PRODUCT)[0] == 201
    buyer, leaver, waverer = (a_contact(api, name) for name in ("Ada", "Bob", "Cleo"))
    sold, given_up, kept_waiting = (a_lead(api, each) for each in (buyer, leaver, waverer))
    a_sale(api, stack, sold)
    assert api.call("POST", f"leads/{given_up}/fail", {"reason": "declined"})[0] == 200
    assert api.call("POST", f"accounts/{leaver}/deactivate")[0] == 200

    def contact(contact_id: str) -> Any:
        return api.call("GET", f"contacts/{contact_id}")[1]

    until(lambda: contact(buyer)["purchases"])
    until(lambda: contact(leaver)["status"] == "inactive")
    until(lambda: contact(leaver)["quotes"][0]["status"] == "failed")
    until(lambda: contact(waverer)["quotes"])
    refused = {"contact_id": leaver, "product_id": "fibre", "partner": "acme"}
    until(lambda: api.call("POST", "leads", refused)[1].get("reason") == "inactive_contact")

    values["CLOCK_AHEAD_DAYS"] = "400"
    stack.restart("host")
    until(lambda: contact(waverer)["quotes"][0]["status"] == "abandoned")
    until(lambda: contact(buyer)["purchases"][0]["expired"])
    assert api.call("GET", f"leads/{kept_waiting}")[1]["status"] == "generated"

    time.sleep(5)  # two more runs of the timers, which must tell nothing again
    settings = stack.environment()
    for name, value in settings.items():
        monkeypatch.setenv(name, value)  # the SDKs' synchronous clients read them
    found = asyncio.run(types_on_the_bus(settings))
    assert set(found) == {each for each in schemas.event_types() if each.split(".")[0] in TEAMS}
    assert found["customer.contact.abandoned_quote"] == 1
    assert found["customer.contact.product_expired"] == 1


def test_a_file_of_leads_makes_a_lead_of_each_good_row(stack: Stack) -> None:
    api = Api(stack)
    assert api.call("PUT", "products/fibre-500", PRODUCT)[0] in (200, 201)
    contact = a_contact(api, "Dora")
    until(lambda: api.call("GET", f"contacts/{contact}")[1].get("status") == "active")
    ready = {"contact_id": contact, "product_id": "fibre-500", "partner": "blue"}
    until(lambda: api.call("POST", "leads", ready)[0] == 201)
    rows = [f"{contact},fibre-500,one", f"{contact},fibre-500,two", f"{contact},nothing,", "x,y,"]
    content = "\n".join(["contact_id,product_id,reference", *rows]).encode()
    account = BlobServiceClient.from_connection_string(stack.environment()["FILES"])
    with account, account.get_blob_client("lead-files", "blue/may.csv") as blob:
        blob.upload_blob(content)
        file = until(
            lambda: (
                found
                if (found := api.call("GET", "lead-files/blue/may.csv")[1])["status"] == "done"
                else None
            )
        )
        assert (file["accepted"], file["rejected"]) == (2, 2)
        with account.get_blob_client("lead-rejects", "blue/may.csv") as report:
            codes = [
                line.split(b",")[1] for line in report.download_blob().readall().splitlines()[1:]
            ]
    assert codes == [b"unknown_product", b"bad_contact_id"]
    until(lambda: len(api.call("GET", f"contacts/{contact}")[1]["quotes"]) == 3)

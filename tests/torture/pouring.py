"""Products, accounts, leads and sales files, through the doors that callers and partners use."""

import asyncio
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import aiohttp
from azure.core.exceptions import AzureError
from azure.storage.blob.aio import BlobServiceClient

from domains.conversions.lead_rows import Fields as LeadRow
from domains.conversions.lead_rows import lead_id_of

AT_ONCE = 24
WAVES = 3
ACCOUNTS, PRICES = 10, 3
PRODUCTS = 2
LEADS = (4, 10, 10, 40, 100)
"""Leads of each account, by turns: some over HTTP, most in a file; a wave sells all of them."""


@dataclass
class Poured:
    """What went in, as its callers know it."""

    products: dict[str, str] = field(default_factory=dict)
    """The last price of each."""
    accounts: set[str] = field(default_factory=set)
    leads: dict[str, str] = field(default_factory=dict)
    """The contact of each."""
    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    """How many rows of each file of sales are good, and how many bad."""
    lead_files: dict[str, tuple[int, int]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    """How requests ended, by status or by the error of the connection."""


class Pouring(threading.Thread):
    """Pours waves until told to stop, then ends the waves that it has begun.

    Every request is asked again, with the same Idempotency-Key, until its outcome is known.
    """

    def __init__(self, url: str, files: str, seed: int) -> None:
        super().__init__(name="pouring")
        self._url, self._files = url, files
        self._chance = random.Random(seed)
        self._seed = seed
        self._enough = threading.Event()
        self.quiet = threading.Event()
        self.poured = Poured()
        self.failure: BaseException | None = None
        self.events = 0
        """How many the waves imply that have been poured in whole."""

    def enough(self) -> None:
        """Begin no more waves."""
        self._enough.set()

    def run(self) -> None:
        try:
            asyncio.run(self._pour())
        except BaseException as error:
            self.failure = error
            raise

    async def _pour(self) -> None:
        timeout = aiohttp.ClientTimeout(total=15)
        async with (
            aiohttp.ClientSession(timeout=timeout) as self._session,
            BlobServiceClient.from_connection_string(self._files) as self._blobs,
            asyncio.TaskGroup() as group,
        ):
            self._gate = asyncio.Semaphore(AT_ONCE)
            turns = asyncio.Semaphore(WAVES)
            for wave in count():
                await turns.acquire()
                if self._enough.is_set():
                    return
                task = group.create_task(self._wave(wave))
                task.add_done_callback(lambda _: turns.release())

    async def _wave(self, wave: int) -> None:
        name, partner = f"s{self._seed}-w{wave}", f"partner-{wave % 3}"
        products = [f"{name}-p{number}" for number in range(PRODUCTS)]
        await asyncio.gather(*(self._product(each) for each in products))
        accounts = await asyncio.gather(
            *(self._account(f"{name}-a{number}") for number in range(ACCOUNTS))
        )
        # Once a lead of each contact and of each product was taken, a file may name them.
        leads = await asyncio.gather(
            *(
                self._lead(f"{name}-l{place}", account, products[place % PRODUCTS], partner)
                for place, account in enumerate(accounts)
            )
        )
        leads += await self._lead_file(
            f"{partner}/{name}.csv",
            [
                LeadRow(UUID(account), products[number % PRODUCTS], f"r{number}")
                for account in accounts
                for number in range(1, LEADS[wave % len(LEADS)])
            ],
        )
        middle = len(leads) // 4
        await asyncio.gather(
            self._file(f"{partner}/{name}-http.csv", leads[:middle], blob=False),
            self._file(f"{partner}/{name}-blob.csv", leads[middle:], blob=True),
        )
        # A lead is generated, sold and purchased; each file of sales and each price is told; the
        # account and its contact are activated.
        self.events += PRODUCTS * PRICES + 2 * ACCOUNTS + 3 * len(leads) + 2

    async def _product(self, product_id: str) -> None:
        for number in range(1, PRICES + 1):
            price = f"{number}9.90"
            body = {
                "name": product_id,
                "category": "internet",
                "price": price,
                "currency": "EUR",
                "term_months": 12,
            }
            await self._ask("PUT", f"products/{product_id}", body)
            self.poured.products[product_id] = price

    async def _account(self, key: str) -> str:
        body = {"name": f"Customer {key}", "email": f"{key}@example.com"}
        made = await self._ask("POST", "accounts", body, key=key)
        self.poured.accounts.add(made["account_id"])
        return str(made["account_id"])

    async def _lead(self, key: str, contact: str, product_id: str, partner: str) -> str:
        body = {"contact_id": contact, "product_id": product_id, "partner": partner}
        made = await self._ask("POST", "leads", body, key=key)
        self.poured.leads[made["lead_id"]] = contact
        return str(made["lead_id"])

    async def _lead_file(self, place: str, rows: list[LeadRow]) -> list[str]:
        """The ids of the leads of a file, once all of its rows have ended."""
        lines = [f"{row.contact_id},{row.product_id},{row.reference}" for row in rows]
        content = "\n".join(["contact_id,product_id,reference", *lines, "nobody,,"]).encode()
        await self._ask("POST", f"lead-files/{place}", content)
        ids = [str(lead_id_of(place, row)) for row in rows]
        self.poured.leads |= {
            name: str(row.contact_id) for name, row in zip(ids, rows, strict=True)
        }
        self.poured.lead_files[place] = (len(rows), 1)
        while True:
            ledger = await self._ask("GET", f"lead-files/{place}", b"")
            if ledger.get("status") == "done":
                return ids
            await asyncio.sleep(1.0)

    async def _file(self, place: str, leads: list[str], *, blob: bool) -> None:
        day = (datetime.now(UTC) - timedelta(days=1)).date()
        rows = [f"{lead},{day}" for lead in leads]
        bad = [
            f"no lead,{day}",
            f"{UUID(int=self._chance.getrandbits(128))},{day}",
            f"{leads[0]},?",
        ]
        for row in bad:
            rows.insert(self._chance.randrange(1, len(rows)), row)
        content = "\r\n".join(["lead_id,purchase_date", *rows]).encode()
        await (
            self._drop(place, content)
            if blob
            else self._ask("POST", f"sales-files/{place}", content)
        )
        self.poured.files[place] = (len(leads), len(bad))

    async def _drop(self, place: str, content: bytes) -> None:
        blob = self._blobs.get_blob_client("sales-files", place)
        while True:
            try:
                if not self.quiet.is_set():
                    await blob.upload_blob(content, overwrite=True)
                    return
            except AzureError as error:
                self.poured.asked[type(error).__name__] += 1
            await asyncio.sleep(0.5)

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | bytes, key: str = ""
    ) -> dict[str, Any]:
        # One in twenty callers asks twice at once, as an impatient finger does.
        if self._chance.random() < 0.05:
            again = self._until_told(method, path, body, key)
            return (await asyncio.gather(self._until_told(method, path, body, key), again))[0]
        return await self._until_told(method, path, body, key)

    async def _until_told(
        self, method: str, path: str, body: dict[str, Any] | bytes, key: str
    ) -> dict[str, Any]:
        async with self._gate:
            while True:
                status, text, wait = await self._once(method, path, body, key)
                self.poured.asked[str(status)] += 1
                if isinstance(status, int) and status < 300:
                    return dict(text or {})
                if isinstance(status, int) and status not in (404, 409, 429) and status < 500:
                    raise AssertionError(f"{method} {path} was answered {status}: {text}")
                await asyncio.sleep(wait)

    async def _once(
        self, method: str, path: str, body: dict[str, Any] | bytes, key: str
    ) -> tuple[int | str, Any, float]:
        sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        headers = {"Idempotency-Key": key} if key else {}
        url = f"{self._url}/api/{path}"
        try:
            async with self._session.request(method, url, headers=headers, **sent) as answer:
                wait = float(answer.headers.get("Retry-After", "0.5"))
                is_json = "json" in answer.content_type
                text = await (answer.json(content_type=None) if is_json else answer.text())
                return answer.status, text if is_json else {}, wait
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return type(error).__name__, None, self._chance.uniform(0.1, 0.6)

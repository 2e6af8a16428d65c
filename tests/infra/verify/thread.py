"""One event of each type, raised over HTTP or by a timer, and followed to what came of it."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.infra.verify.environment import Environment

PATIENCE = 180.0  # an app that slept has to start, and rights and projections take their time
TIMERS = 660.0  # two runs of what is due every five minutes, and a minute
LONG_AGO = timedelta(days=62)  # a term of one month has ended since
MOST_PAGES = 50
TERMS = {"name": "Proof of deployment", "category": "verification", "price": "1.00",
         "currency": "EUR", "term_months": 1}  # fmt: skip


@dataclass
class Thread:
    """A product, three contacts, and what becomes of them. `seen` are the types followed."""

    environment: Environment
    abandoned_after: int
    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    seen: set[str] = field(default_factory=set)

    def follow(self) -> None:
        """All of it, in an order that each step needs; fails at the step that nothing came of."""
        began, already = self._now(), self._raised()
        self._until("product", lambda: self._put(f"products/{self.product}", TERMS), made)
        buyer, leaver, waverer = (self.open_account() for _ in range(3))
        self._saw("customer.account.activated", "customer.contact.activated")
        sold, failed, waiting = (self.lead(each) for each in (buyer, leaver, waverer))
        self._saw("product.product.updated", "conversions.lead.generated")
        self._sell(buyer, sold)
        self._fail(leaver, failed)
        self._leave(leaver)
        self._expire(buyer)
        self._abandon(waverer, waiting, began)
        self._published(already)

    @property
    def product(self) -> str:
        return f"verify-{self.mark}"

    def open_account(self) -> str:
        """The id of a contact that has become active."""
        person = {"name": "Nobody", "email": "nobody@example.com"}
        opened = self._until("account", lambda: self._post("customer", "accounts", person), made)
        contact = str(opened["account_id"])
        self._contact(contact, "active", lambda found: found["status"] == "active")
        return contact

    def lead(self, contact: str) -> str:
        """The id of a lead that the contact has taken for a quote."""
        lead = str(
            self._until("both projections", lambda: self._generate(contact), made)["lead_id"]
        )
        self._contact(contact, "quoted", lambda found: status_of(found, lead) == "open")
        return lead

    def _generate(self, contact: str) -> tuple[int, Any]:
        wanted = {"contact_id": contact, "product_id": self.product, "partner": "verification"}
        return self._post("conversions", "leads", wanted)

    def _sell(self, contact: str, lead: str) -> None:
        day = (self._now() - LONG_AGO).date()
        place = f"sales-files/verification/{self.mark}.csv"
        rows = f"lead_id,purchase_date\n{lead},{day}\n".encode()
        status, told = self.environment.call("conversions", "POST", place, rows)
        assert status == 202, told
        self._until("file", lambda: self._get("conversions", place), confirmed)
        self._saw("conversions.sales_file.received", "conversions.sale.confirmed")
        self._contact(contact, "bought", lambda found: len(found["purchases"]) == 1)
        self._saw("customer.contact.purchased")

    def _fail(self, contact: str, lead: str) -> None:
        status, told = self._post("conversions", f"leads/{lead}/fail", {"reason": "declined"})
        assert status == 200, told
        self._contact(contact, "declined", lambda found: status_of(found, lead) == "failed")
        self._saw("conversions.lead.failed")

    def _leave(self, contact: str) -> None:
        status, told = self._post("customer", f"accounts/{contact}/deactivate", {})
        assert status == 200, told
        self._contact(contact, "inactive", lambda found: found["status"] == "inactive")
        self._saw("customer.account.deactivated")
        # A lead for whom conversions knows to be inactive is a failed one.
        self._until("refusal", lambda: self._generate(contact), refused)
        self._saw("customer.contact.deactivated")

    def _expire(self, contact: str) -> None:
        over = lambda found: bool(found["purchases"][0]["expired"])  # noqa: E731 - one use, by name
        self._contact(contact, "expired", over, TIMERS)
        self._saw("customer.contact.product_expired")

    def _abandon(self, contact: str, lead: str, began: datetime) -> None:
        """Where time cannot be moved, the quotes that earlier threads left open must have ended."""
        if self.environment.move_clock(self.abandoned_after + 1):
            self._contact(contact, "abandoned", lambda f: status_of(f, lead) == "abandoned", TIMERS)
            self._saw("customer.contact.abandoned_quote")
            return
        limit = began - timedelta(days=self.abandoned_after, hours=1)
        assert self.open_since(limit) == [], "quotes stay open longer than they may"

    def open_since(self, limit: datetime, at_once: int = 100) -> list[str]:
        """Leads whose quotes are open since before a time, of the first pages of all contacts."""
        found, page = [], f"contacts?limit={at_once}"
        for _ in range(MOST_PAGES):
            status, told = self._get("customer", page)
            assert status == 200, told
            found += [
                quote["lead_id"]
                for contact in told["items"]
                for quote in contact["quotes"]
                if quote["status"] == "open" and datetime.fromisoformat(quote["since"]) < limit
            ]
            if not told["next"]:
                break
            page = str(told["next"]).removeprefix("/api/")
        return found

    def _published(self, already: int) -> None:
        """What nobody reads is known by its hub, which grew, and by outboxes that are empty."""
        of_contact = [each for each in self.seen if each.startswith("customer.contact.")]
        self._until("contact hub", self._overview, lambda status, told: (
            status == 200
            and length(told, "contact") >= already + len(of_contact)
            and not any(team["outbox"] for team in told["teams"])
        ))  # fmt: skip

    def _raised(self) -> int:
        told = self._until("console", self._overview, lambda status, _: status == 200)
        return length(told, "contact")

    def _overview(self) -> tuple[int, Any]:
        return self._get("operations", "operations")

    def _contact(
        self, contact: str, what: str, good: Callable[[Any], bool], patience: float = PATIENCE
    ) -> None:
        def is_so(status: int, found: Any) -> bool:
            return status == 200 and good(found)

        self._until(what, lambda: self._get("customer", f"contacts/{contact}"), is_so, patience)

    def _saw(self, *types: str) -> None:
        self.seen.update(types)

    def _now(self) -> datetime:
        return datetime.now(UTC)

    def _get(self, domain: str, path: str) -> tuple[int, Any]:
        return self.environment.call(domain, "GET", path)

    def _put(self, path: str, body: Any) -> tuple[int, Any]:
        return self.environment.call("product", "PUT", path, json.dumps(body).encode())

    def _post(self, domain: str, path: str, body: Any) -> tuple[int, Any]:
        return self.environment.call(domain, "POST", path, json.dumps(body).encode())

    def _until(
        self,
        what: str,
        attempt: Callable[[], tuple[int, Any]],
        good: Callable[[int, Any], bool],
        patience: float = PATIENCE,
    ) -> Any:
        """Ask again until the answer is good; fails with the last answer."""
        deadline = time.monotonic() + patience
        while True:
            status, body = attempt()
            if good(status, body):
                return body
            assert time.monotonic() < deadline, f"{what}: still {status} {body}"
            time.sleep(self.environment.pause)


def made(status: int, _: Any) -> bool:
    return status in (200, 201)


def refused(status: int, lead: Any) -> bool:
    return status == 201 and lead.get("reason") == "inactive_contact"


def confirmed(status: int, file: Any) -> bool:
    return status == 200 and file["status"] == "done" and file["accepted"] == 1


def status_of(contact: Any, lead: str) -> str | None:
    """What became of the quote of a lead."""
    found = [each["status"] for each in contact["quotes"] if each["lead_id"] == lead]
    return found[0] if found else None


def length(overview: Any, hub: str) -> int:
    """Events that a hub ever got."""
    reader = next(each for each in overview["readers"] if each["hub"] == hub)
    return sum(place["last"] + 1 for place in reader["partitions"])

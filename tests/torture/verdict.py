"""What went in against what came out, event by event: lost, doubled, out of order."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.torture.account import Account, Told
from tests.torture.pouring import PRICES, Poured

CAUSED = {
    "customer.account.activated": "customer.contact.activated",
    "conversions.sale.confirmed": "customer.contact.purchased",
}
"""What a reaction raises: exactly one for each."""

RAISED = (
    ("/product/product", "product.product.updated", PRICES),
    ("/customer/account", "customer.account.activated", 1),
    ("/customer/contact", "customer.contact.activated", 1),
    ("/conversions/lead", "conversions.lead.generated", 1),
    ("/conversions/sales_file", "conversions.sales_file.received", 1),
    ("/conversions/sale", "conversions.sale.confirmed", 1),
)
"""How often each aggregate of a kind raises an event of a type."""


@dataclass
class Verdict:
    """What is not as it should be, in words."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def same(self, what: str, found: Iterable[Any], wanted: Iterable[Any]) -> None:
        """Hold two collections to each other, item by item."""
        more, fewer = Counter(map(str, found)), Counter(map(str, wanted))
        self.lost += [f"{what}: {each}" for each in (fewer - more).elements()]
        self.doubled += [f"{what}: {each}" for each in (more - fewer).elements()]


def verdict(poured: Poured, account: Account) -> Verdict:
    """Every difference between what was asked, what is committed, and what was told."""
    found = Verdict()
    _asked(found, poured, account)
    _committed(found, account)
    _caused(found, account)
    _effects(found, account)
    _files(found, poured, account)
    return found


def _asked(found: Verdict, poured: Poured, account: Account) -> None:
    """What callers were told is done, is there, and nothing else."""
    products = account.of("/product/product")
    prices = [f"{each} {row.state['price']}" for each, row in products.items()]
    found.same("product", prices, [" ".join(each) for each in poured.products.items()])
    found.same("account", account.of("/customer/account"), poured.accounts)
    found.same("contact", account.of("/customer/contact"), poured.accounts)
    leads = account.of("/conversions/lead").items()
    found.same(
        "lead", [(each, row.state["contact_id"]) for each, row in leads], poured.leads.items()
    )


def _committed(found: Verdict, account: Account) -> None:
    """Each change has its event, in order, and no event is without its change."""
    told: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in account.events:
        told[each.event.source, each.event.subject].append(each.event.sequence)
    for (source, name), sequences in told.items():
        what = f"{source}/{name} told in versions {sequences}"
        if name not in account.of(source) or max(sequences) > account.of(source)[name].version:
            found.lost.append(f"the change behind {what}")
        if len(set(sequences)) < len(sequences):
            found.doubled.append(what)
        if sequences != sorted(sequences):
            found.lost.append(f"the order of {what}")
    for source, event_type, times in RAISED:
        subjects = [each.event.subject for each in account.told(event_type)]
        found.same(
            event_type, subjects, [name for name in account.of(source) for _ in range(times)]
        )
    purchased = account.told("customer.contact.purchased")
    found.same(
        "purchased", [_pair(e, "contact_id", "sale_id") for e in purchased], _bought(account)
    )


def _caused(found: Verdict, account: Account) -> None:
    """A reaction raised its event once for each event that it reacts to."""
    for cause, effect in CAUSED.items():
        causes = [each.event.causation_id for each in account.told(effect)]
        found.same(f"{effect} of", causes, [each.event.id for each in account.told(cause)])


def _effects(found: Verdict, account: Account) -> None:
    """Each event is in the state of each team that reads it, once."""
    contacts = account.of("/customer/contact")
    sales = account.told("conversions.sale.confirmed")
    leads = account.told("conversions.lead.generated")
    found.same(
        "purchase", _bought(account), [_pair(each, "contact_id", "sale_id") for each in sales]
    )
    quoted = [(name, q["lead_id"]) for name, row in contacts.items() for q in row.state["quotes"]]
    found.same("quote", quoted, [_pair(each, "contact_id", "lead_id") for each in leads])
    states = account.of("/conversions/lead").items()
    sold = [name for name, row in states if row.state["status"] == "sold"]
    found.same("sold lead", sold, [each.data["lead_id"] for each in sales])
    known = account.of("/conversions/known_contact")
    active = account.told("customer.contact.activated")
    found.same("known contact", known, [each.data["contact_id"] for each in active])
    told = {each.event.subject: each for each in account.told("product.product.updated")}
    known = account.of("/conversions/known_product")
    found.same(
        "known product",
        [(name, row.state["price"], row.state["sequence"]) for name, row in known.items()],
        [(name, str(last.data["price"]), last.event.sequence) for name, last in told.items()],
    )


def _bought(account: Account) -> list[tuple[str, str]]:
    contacts = account.of("/customer/contact").items()
    return [(name, each["sale_id"]) for name, row in contacts for each in row.state["purchases"]]


def _pair(told: Told, first: str, second: str) -> tuple[str, str]:
    return str(told.data[first]), str(told.data[second])


def _files(found: Verdict, poured: Poured, account: Account) -> None:
    """Each file has been read to its end, and each row ended once."""
    for kind, files in (("sales_file", poured.files), ("lead_file", poured.lead_files)):
        ended = [
            (name, row.state["status"], row.state["accepted"], row.state["rejected"])
            for name, row in account.of(f"/conversions/{kind}").items()
        ]
        found.same(kind, ended, [(name, "done", *rows) for name, rows in files.items()])
    sales = len(account.of("/conversions/sale"))
    rows = sum(good for good, _ in poured.files.values())
    found.same("number of sales", [sales], [rows])

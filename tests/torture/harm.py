"""What is done to the servers: kills, freezes and refusals, drawn from a seed."""

import json
import random
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from local.stack import Stack
from tests.torture.flushed import flush

ORDER = ("azurite", "schemaregistry", "eventhubs", "host")
"""Who stands on whom: what was killed together starts again in this order."""


Kind = Literal["kill", "freeze", "refuse", "skip", "cut"]


@dataclass(frozen=True, slots=True)
class Harm:
    """A harm to some servers, after some seconds of peace; a freeze or a refusal lasts a while.

    The host is told to skip a reaction's batch, or to cut it off; then `servers` is the function.
    """

    kind: Kind
    servers: tuple[str, ...]
    after: float
    lasts: float


_REACTIONS = (
    "customer_on_account",
    "customer_on_lead",
    "customer_on_sale",
    "conversions_on_product",
    "conversions_on_contact",
    "conversions_on_sale",
)
_DRAWN: dict[tuple[Kind, tuple[str, ...]], int] = {
    ("kill", ("host",)): 30,
    ("kill", ("eventhubs",)): 24,
    ("kill", ("host", "eventhubs")): 8,
    ("kill", ("schemaregistry",)): 4,
    ("kill", ("host", "schemaregistry")): 2,
    ("kill", ("azurite",)): 4,
    ("freeze", ("host",)): 3,
    ("freeze", ("eventhubs",)): 3,
    ("freeze", ("azurite",)): 3,
    ("freeze", ("schemaregistry",)): 1,
    ("refuse", ("host",)): 3,
    ("refuse", ("eventhubs",)): 3,
    ("refuse", ("azurite",)): 3,
    ("refuse", ("schemaregistry",)): 1,
    **{("skip", (each,)): 1 for each in _REACTIONS},
    **{("cut", (each,)): 2 for each in _REACTIONS},
}


def drawn(seed: int, peace: float = 1.5) -> Iterator[Harm]:
    """Harms without end, some seconds of peace between them; the same seed draws the same ones."""
    chance = random.Random(seed)
    while True:
        ((kind, servers),) = chance.choices(list(_DRAWN), weights=list(_DRAWN.values()))
        after = chance.uniform(0.1, 2 * peace)
        yield Harm(kind, servers, after, chance.uniform(0.3, 6.0))


class Inflicted:
    """Does harms to a stack and counts them. Used from the main thread, as the stack is."""

    def __init__(self, stack: Stack, quiet: threading.Event) -> None:
        self._stack = stack
        self._quiet = quiet
        self.rounds = 0
        self.kills: Counter[str] = Counter()
        self.others: Counter[str] = Counter()

    def inflict(self, harm: Harm) -> None:
        """Do a harm and make it good again. Raises Died when a server ended by itself."""
        time.sleep(harm.after)
        self._stack.check()
        self.rounds += 1
        if harm.kind == "freeze":
            self._freeze(harm)
        elif harm.kind == "refuse":
            self._refuse(harm)
        elif harm.kind in ("skip", "cut"):
            self._lose(harm)
        elif harm.servers == ("azurite",):
            self._kill_azurite()
        else:
            self._kill(harm.servers)

    def _kill(self, servers: tuple[str, ...]) -> None:
        for server in servers:
            self._stack.kill(server)
            self.kills[server] += 1
        self._back(servers)

    def _back(self, servers: tuple[str, ...]) -> None:
        for server in ORDER:
            if server in servers:
                self._stack.restart(server)

    def _freeze(self, harm: Harm) -> None:
        for server in harm.servers:
            self._stack.freeze(server)
            self.others[f"{server} frozen"] += 1
        time.sleep(harm.lasts)
        for server in harm.servers:
            self._stack.thaw(server)

    def _refuse(self, harm: Harm) -> None:
        for server in harm.servers:
            if (code := self._stack.halt(server)) not in (0, -15):
                self.others[f"{server} stopped with {code}"] += 1
            self.others[f"{server} refused"] += 1
        time.sleep(harm.lasts)
        self._back(harm.servers)

    def _lose(self, harm: Harm) -> None:
        """Make the host checkpoint a batch that has not ended."""
        fault: dict[str, object] = {"function": harm.servers[0]}
        if harm.kind == "skip":
            fault["skip_batches"] = 1
        else:
            fault |= {"timeout_batches": 1, "after_seconds": harm.lasts / 20}
        content = json.dumps([fault]).encode()
        request = urllib.request.Request(f"{self._stack.host_url}/admin/faults", content)  # noqa: S310
        with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - our own host
            self.others[f"batches told to {harm.kind}"] += 1

    def _kill_azurite(self) -> None:
        """Kill it once what it acknowledged is on its disk: it saves every five seconds only."""
        self._quiet.set()
        try:
            self._stack.freeze("host")
            flush(self._stack)
            self._stack.kill("azurite")
            self.kills["azurite"] += 1
            self._stack.restart("azurite")
        finally:
            self._stack.thaw("host")
            self._quiet.clear()

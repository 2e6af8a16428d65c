"""Reading a storage queue as the host does: hidden while in work, counted, poisoned at the end.

The blob trigger's internal queue and queue triggers both stand on this.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.storage import Account, ensure_queue, until_reachable

log = logging.getLogger("host")

HIDDEN = 600
"""Seconds a message stays invisible while in work; renewed at half-life."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message in work, its text decoded."""

    id: str
    text: str
    dequeue_count: int
    inserted: datetime | None
    expires: datetime | None
    pop_receipt: str
    next_visible: datetime | None


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """How a queue is read; times in seconds."""

    parallel: int = 16
    attempts: int = 5
    hidden_after_failure: int = 0
    poll_least: float = 0.1
    poll_most: float = 2.0
    base64: bool = True


class QueueReader:
    """Takes messages and hands each to `work`; its answer True deletes the message.

    An answer False releases it; at the last attempt it goes to the poison queue instead.
    """

    def __init__(
        self,
        account: Account,
        queue: str,
        poison: str,
        options: QueueOptions,
        work: Callable[[Message], Awaitable[bool]],
        create: bool = False,
    ) -> None:
        self.name = queue
        self._account = account
        self._queue: QueueClient = account.queues.get_queue_client(queue)
        self._poison = poison
        self._options = options
        self._work = work
        self._create = create
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._create:
            what = f"queues at {self._account.queues.url}"
            await until_reachable(what, lambda: ensure_queue(self._account, self.name))
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        """Take nothing more, and let what is in work end."""
        self._stopping.set()
        self._wake.set()
        if self._task:
            await asyncio.wait({self._task})
        if self._running:
            await asyncio.wait(self._running)

    async def put(self, text: str) -> None:
        """Add a message and look for it at once."""
        await self._queue.send_message(self._encode(text))
        self._wake.set()

    async def _loop(self) -> None:
        pause = self._options.poll_least
        while not self._stopping.is_set():
            taken = await self._take()
            pause = self._options.poll_least if taken else min(pause * 2, self._options.poll_most)
            if not taken or len(self._running) >= self._options.parallel:
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    async def _take(self) -> int:
        room = min(32, self._options.parallel - len(self._running))
        if room < 1:
            return 0
        taken = 0
        try:
            pages = self._queue.receive_messages(
                messages_per_page=room, max_messages=room, visibility_timeout=HIDDEN
            )
            async for message in pages:
                task = asyncio.create_task(self._process(message))
                self._running.add(task)
                task.add_done_callback(self._done)
                taken += 1
        except ResourceNotFoundError:
            return 0
        except AzureError as error:
            log.warning("queue %s: %s", self.name, str(error).splitlines()[0])
        return taken

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("queue %s: a message will come again: %r", self.name, error)

    async def _process(self, raw: QueueMessage) -> None:
        if (raw.dequeue_count or 0) > self._options.attempts:
            # Whoever took it last did not live to give it up. Source: WebJobs QueueProcessor.cs.
            await self._give_up(raw)
            return
        renewal = asyncio.create_task(self._renew(raw))
        try:
            ok = await self._work(self._decode(raw))
        finally:
            renewal.cancel()
            await asyncio.wait({renewal})
        try:
            if ok:
                await self._queue.delete_message(raw.id, raw.pop_receipt)
            elif (raw.dequeue_count or 0) >= self._options.attempts:
                await self._give_up(raw)
            else:
                await self._queue.update_message(
                    raw.id,
                    raw.pop_receipt,
                    visibility_timeout=self._options.hidden_after_failure,
                    content=raw.content,
                )
        except ResourceNotFoundError:
            log.warning("queue %s: message %s was taken by another reader", self.name, raw.id)

    async def _give_up(self, raw: QueueMessage) -> None:
        log.error("queue %s: message %s moves to %s", self.name, raw.id, self._poison)
        await ensure_queue(self._account, self._poison)
        await self._account.queues.get_queue_client(self._poison).send_message(raw.content)
        await self._queue.delete_message(raw.id, raw.pop_receipt)

    async def _renew(self, raw: QueueMessage) -> None:
        while True:
            await asyncio.sleep(HIDDEN / 2)
            renewed = await self._queue.update_message(
                raw.id, raw.pop_receipt, visibility_timeout=HIDDEN, content=raw.content
            )
            raw.pop_receipt = renewed.pop_receipt

    def _encode(self, text: str) -> str:
        return base64.b64encode(text.encode()).decode() if self._options.base64 else text

    def _decode(self, raw: QueueMessage) -> Message:
        return Message(
            id=str(raw.id),
            text=_text(raw.content) if self._options.base64 else str(raw.content),
            dequeue_count=raw.dequeue_count or 0,
            inserted=raw.inserted_on,
            expires=raw.expires_on,
            pop_receipt=str(raw.pop_receipt),
            next_visible=raw.next_visible_on,
        )


def _text(content: Any) -> str:
    """Base64 by default, as the host expects; text that is not base64 is taken as it is."""
    try:
        return base64.b64decode(str(content), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return str(content)

"""Opening a link: an attach's address and properties decide what it becomes."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from local.eventhubs import address, cbs, frames, management, selector
from local.eventhubs import encode as e
from local.eventhubs.codec import Described
from local.eventhubs.consumer import ConsumerLink
from local.eventhubs.errors import Refusal, unknown_entity, unreadable
from local.eventhubs.links import Link, ReplyLink, RequestLink, closing_detach
from local.eventhubs.performatives import Performative
from local.eventhubs.producer import ProducerLink
from local.eventhubs.requests import Request
from local.eventhubs.segment import CorruptSegmentError

if TYPE_CHECKING:
    from local.eventhubs.session import Session

log = logging.getLogger("eventhubs")
_EPOCH = "com.microsoft:epoch"
_METRICS = "com.microsoft:enable-receiver-runtime-metric"


def open_link(session: "Session", attach: Performative, handle: int) -> None:
    """Answer an attach. The answer goes first even to a link that is then refused."""
    broker_sends = attach.get(2) is True
    settle = attach.get(3)
    if broker_sends:
        mode = e.ubyte(0 if settle == 0 else 1)
    else:
        mode = attach.raw(3) if settle is not None else e.ubyte(2)
    session.connection.write(
        frames.attach(
            session.channel, attach.text(0), handle, sends=broker_sends, settle=mode,
            source=attach.raw(5), target=attach.raw(6),
        )
    )  # fmt: skip
    session.links[handle] = Link(session, handle)
    try:
        if broker_sends:
            _open_outgoing(session, attach, handle)
        else:
            _open_incoming(session, attach, handle)
    except Refusal as refusal:
        log.info("link refused: %s %s", refusal.condition, refusal.description)
        closing_detach(session, handle, refusal.condition, refusal.description)


def _address(terminus: object) -> str:
    fields = terminus.value if isinstance(terminus, Described) else None
    name = fields[0] if isinstance(fields, list) and fields else None
    if not isinstance(name, str):
        raise unknown_entity("")
    return name


def _responder(session: "Session", node: str) -> Callable[[Request], bytes]:
    if node == "$cbs":
        return cbs.respond
    return partial(management.respond, namespace=session.connection.namespace)


def _open_incoming(session: "Session", attach: Performative, handle: int) -> None:
    wanted = address.parse(_address(attach.get(6)))
    count = attach.number(9)
    if wanted.node != "hub":
        respond = _responder(session, wanted.node)
        session.links[handle] = RequestLink(session, handle, count, wanted.node, respond)
        return
    if wanted.group:
        raise Refusal("amqp:not-allowed", "A consumer group can't be published to.")
    hub = session.connection.namespace.hub(wanted.hub)
    partition = None if wanted.partition is None else hub.partition(wanted.partition)
    session.links[handle] = ProducerLink(session, handle, count, hub, partition)


def _open_outgoing(session: "Session", attach: Performative, handle: int) -> None:
    wanted = address.parse(_address(attach.get(5)))
    if wanted.node != "hub":
        target = attach.get(6)
        fields = target.value if isinstance(target, Described) else None
        names = (attach.text(0), str(fields[0]) if isinstance(fields, list) and fields else "")
        session.links[handle] = ReplyLink(session, handle, wanted.node, names)
        return
    hub = session.connection.namespace.hub(wanted.hub)
    if wanted.partition is None or not wanted.group:
        text = "A receiver reads hub/ConsumerGroups/group/Partitions/id."
        raise Refusal("amqp:not-allowed", text)
    group = hub.group(wanted.group)
    partition = hub.partition(wanted.partition)
    wish = selector.of_source(attach.get(5))
    try:
        start = selector.start(wish, partition.log)
    except (CorruptSegmentError, OSError) as error:
        raise unreadable(partition.id, error) from error
    link = ConsumerLink(
        session, handle, partition, group, _epoch(attach.get(13)),
        metrics=_asks_for(attach.get(12), _METRICS), settled=attach.get(3) != 0,
    )  # fmt: skip
    link.position = start
    partition.admit(group, link)
    session.links[handle] = link


def _epoch(properties: object) -> int | None:
    epoch = properties.get(_EPOCH) if isinstance(properties, dict) else None
    return epoch if isinstance(epoch, int) and not isinstance(epoch, bool) else None


def _asks_for(capabilities: object, name: str) -> bool:
    return capabilities == name or (isinstance(capabilities, list) and name in capabilities)

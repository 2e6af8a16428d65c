"""`$management`: READ of a hub's or a partition's properties."""

from local.eventhubs import encode as e
from local.eventhubs.errors import Refusal
from local.eventhubs.hub import Hub, Namespace, Partition
from local.eventhubs.requests import Request, answer

HUB_TYPE = "com.microsoft:eventhub"
PARTITION_TYPE = "com.microsoft:partition"


def respond(request: Request, namespace: Namespace) -> bytes:
    """The answer to a request; a refusal is an answer too."""
    try:
        return answer(request, 200, "OK", e.mapping(_read(request, namespace)))
    except Refusal as refusal:
        return answer(request, refusal.status, refusal.description, condition=refusal.condition)


def _read(request: Request, namespace: Namespace) -> dict[bytes, bytes]:
    operation, kind = request.text("operation"), request.text("type")
    if operation.upper() != "READ" or kind not in (HUB_TYPE, PARTITION_TYPE):
        text = f"The operation '{operation}' of type '{kind}' is not known: READ of {HUB_TYPE} is."
        raise Refusal("amqp:not-implemented", text, 501)
    hub = namespace.hub(request.text("name"))
    if kind == HUB_TYPE:
        return _hub(hub)
    return _partition(hub, hub.partition(request.text("partition")))


def _hub(hub: Hub) -> dict[bytes, bytes]:
    return {
        e.string("name"): e.string(hub.name),
        e.string("type"): e.string(HUB_TYPE),
        e.string("created_at"): e.timestamp(hub.created_at_ms),
        e.string("partition_count"): e.integer(len(hub.partitions)),
        e.string("partition_ids"): e.strings(p.id for p in hub.partitions),
        e.string("georeplication_factor"): e.integer(1),
    }


def _partition(hub: Hub, partition: Partition) -> dict[bytes, bytes]:
    log = partition.log
    never_used = log.next_sequence == 0
    return {
        e.string("name"): e.string(hub.name),
        e.string("type"): e.string(PARTITION_TYPE),
        e.string("partition"): e.string(partition.id),
        e.string("begin_sequence_number"): e.long(-1 if never_used else log.first_sequence),
        e.string("last_enqueued_sequence_number"): e.long(log.next_sequence - 1),
        e.string("last_enqueued_offset"): e.string(str(log.last_offset)),
        e.string("last_enqueued_time_utc"): e.timestamp(log.last_time),
        e.string("is_partition_empty"): e.boolean(log.is_empty),
    }

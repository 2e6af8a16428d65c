"""A balancing consumer in a process of its own, to be killed: prints the body of each event."""

import asyncio
import sys
from typing import Any

from azure.eventhub.aio import EventHubConsumerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore


async def main(connection: str, storage: str) -> None:
    store = BlobCheckpointStore.from_connection_string(storage, "checkpoints")
    client = EventHubConsumerClient.from_connection_string(
        connection, "readers", eventhub_name="orders", checkpoint_store=store,
        load_balancing_interval=1, partition_ownership_expiration_interval=5,
    )  # fmt: skip

    async def on_batch(context: Any, events: list[Any]) -> None:
        for event in events:
            print(event.body_as_str(), flush=True)
        if events:
            await context.update_checkpoint(events[-1])

    async with client:
        await client.receive_batch(on_batch, starting_position="-1", max_wait_time=0.2)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""A client process that is configured by its environment alone, and tells what it touched.

Prints one line of JSON: the seconds until the schema was there, the addresses it connected to or
looked up, and the programs it started.
"""

import asyncio
import json
import sys
import time
from typing import Any

TOUCHED: dict[str, list[str]] = {"addresses": [], "programs": []}


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        TOUCHED["addresses"].append(str(arguments[1][0]))
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        TOUCHED["addresses"].append(str(arguments[0]))
    elif event == "subprocess.Popen":
        TOUCHED["programs"].append(str(arguments[0]))


def _sync(namespace: str) -> None:
    from azure.identity import DefaultAzureCredential
    from azure.schemaregistry import SchemaRegistryClient

    with (
        DefaultAzureCredential() as credential,
        SchemaRegistryClient(namespace, credential) as client,
    ):
        client.register_schema("events", "Environment", '"string"', "Avro")


async def _aio(namespace: str) -> None:
    from azure.identity.aio import DefaultAzureCredential
    from azure.schemaregistry.aio import SchemaRegistryClient

    async with (
        DefaultAzureCredential() as credential,
        SchemaRegistryClient(namespace, credential) as client,
    ):
        await client.register_schema("events", "Environment", '"string"', "Avro")


def main(flavour: str, namespace: str) -> None:
    """Import first, so that the time is the calls' own."""
    import azure.identity.aio
    import azure.schemaregistry.aio  # noqa: F401

    sys.addaudithook(_watch)
    start = time.perf_counter()
    if flavour == "sync":
        _sync(namespace)
    else:
        asyncio.run(_aio(namespace))
    print(json.dumps({"seconds": time.perf_counter() - start, **TOUCHED}))


if __name__ == "__main__":
    main(*sys.argv[1:])

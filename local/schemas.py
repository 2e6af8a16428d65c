"""Registers every contract of schemas/ with the schema registry: `make schemas`. Never the app."""

import asyncio
import sys

from azure.core.exceptions import AzureError, HttpResponseError
from azure.identity.aio import DefaultAzureCredential
from azure.schemaregistry.aio import SchemaRegistryClient

from eventing import schemas
from eventing.bus import declared
from eventing.errors import SettingsMissing
from eventing.settings import required


async def register(namespace: str, group: str) -> int:
    """Register each schema; answers how many the registry refused."""
    refused = 0
    async with (
        DefaultAzureCredential() as credential,
        SchemaRegistryClient(namespace, credential) as client,
    ):
        for event_type in schemas.event_types():
            definition = schemas.definition(event_type)
            try:
                found = await client.register_schema(group, event_type, definition, "Avro")
            except HttpResponseError as error:
                print(f"{event_type}: refused: {error.message}", file=sys.stderr)
                refused += 1
            else:
                print(f"{event_type} version {found.version} is {found.id}")
    return refused


def main() -> int:
    """Register into the registry of the connection SCHEMAS; exit code 1 when one is refused."""
    try:
        namespace = required("SCHEMAS__fullyQualifiedNamespace")
        return 1 if asyncio.run(register(namespace, declared().schema_group)) else 0
    except (SettingsMissing, AzureError) as error:
        print(f"schemas are not registered: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""Waits until Azurite has saved what it acknowledged: it keeps its indexes in memory meanwhile."""

import time
from pathlib import Path
from uuid import uuid4

from azure.data.tables import TableClient
from azure.storage.blob import BlobServiceClient

from local.stack import Stack

SAVES_EVERY = 5.0
"""Seconds (autosaveInterval of its LokiJS stores)."""


def flush(stack: Stack, patience: float = 60.0) -> None:
    """Return once a mark written now is on the disk, and with it all that was written before."""
    environment, mark = stack.environment(), uuid4().hex
    # What was on its way when the writers fell silent is answered by now.
    time.sleep(0.5)
    with TableClient.from_connection_string(environment["STATE"], "product") as table:
        table.create_entity({"PartitionKey": "mark", "RowKey": mark})
    with (
        BlobServiceClient.from_connection_string(environment["FILES"]) as blobs,
        blobs.get_blob_client("captured-events", f"marks/{mark}") as blob,
    ):
        blob.upload_blob(mark.encode())
    began = time.monotonic()
    files = [
        stack.directory / "azurite" / f"__azurite_db_{name}__.json" for name in ("table", "blob")
    ]
    while not (time.monotonic() > began + SAVES_EVERY + 1 and all(_holds(f, mark) for f in files)):
        if time.monotonic() > began + patience:
            raise TimeoutError(f"Azurite did not save its state within {patience:.0f} s")
        time.sleep(0.25)


def _holds(file: Path, mark: str) -> bool:
    return mark.encode() in file.read_bytes()

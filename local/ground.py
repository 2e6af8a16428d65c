"""What must exist before the app runs, and in Azure is deployed: containers, tables, contracts."""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from os import environ

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from local.settings import ROOT


class NotRegistered(Exception):
    """The registry refused a contract, or did not answer."""


def make_containers_and_tables(settings: Mapping[str, str]) -> None:
    """Those of bus.json, where they are missing."""
    bus = json.loads((ROOT / "bus.json").read_text())
    with BlobServiceClient.from_connection_string(settings["FILES"]) as blobs:
        for name in bus["containers"]:
            with suppress(ResourceExistsError):
                blobs.create_container(name)
    with TableServiceClient.from_connection_string(settings["STATE"]) as tables:
        for name in bus["tables"]:
            tables.create_table_if_not_exists(name)


def register_schemas(settings: Mapping[str, str]) -> str:
    """Register schemas/ by the command that the pipelines run; what it said."""
    told = subprocess.run(
        [sys.executable, "-m", "local.schemas"],
        cwd=ROOT,
        env={**environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if told.returncode:
        raise NotRegistered(f"the schemas were not registered:\n{told.stdout}{told.stderr}")
    return told.stdout

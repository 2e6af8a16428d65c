"""Index apps through azure-functions-runtime: index_functions.py <directory> prints JSON.

It reads a list of environments and answers with the functions that the directory has in each.
Stands alone on purpose: it also runs in a clean environment that has nothing of this repository
but the package.
"""

import asyncio
import json
import multiprocessing
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

SDKS = (
    "azure_functions_runtime",
    "azure.data.tables.aio",
    "azure.eventhub.aio",
    "azure.identity.aio",
    "azure.storage.blob.aio",
    "azurefunctions.extensions.bindings.blob",
)
"""What takes long to import, and looks at no setting: the apps share it."""


class Record:
    """Keyword arguments become attributes; enough for a runtime that only reads and fills them."""

    Failure, Success = 0, 1
    out, inout, undefined = 1, 2, 0

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


setattr(Record, "in", 0)


class Messages:
    """Stands in for protobuf's module: every message is a record."""

    def __getattr__(self, _name: str) -> type[Record]:
        return Record


async def indexed(directory: Path) -> list[dict[str, Any]]:
    """Name and bindings of every function. Raises RuntimeError with the runtime's reason."""
    import azure_functions_runtime as runtime

    sys.path.insert(0, str(directory))
    os.chdir(directory)
    inner = Record(capabilities={}, function_app_directory=str(directory))
    request = Record(
        request=Record(worker_init_request=inner),
        properties={"host": "127.0.0.1", "protos": Messages()},
    )
    answer = await runtime.worker_init_request(request)
    if answer.result.status != Record.Success:
        reason = answer.result.exception
        raise RuntimeError(f"{directory} does not index: {reason.message}\n{reason.stack_trace}")
    found = await runtime.functions_metadata_request(None)
    return [
        {"name": each.name, "bindings": [json.loads(text) for text in each.raw_bindings]}
        for each in found.function_metadata_results or []
    ]


def tell(directory: Path, environment: Mapping[str, str], there: Any) -> None:
    """In a process of its own: an app reads its settings when it is imported, once."""
    os.environ.clear()
    os.environ.update(environment)
    there.send(asyncio.run(indexed(directory)))


def asked(directory: Path, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """The answer of a forked process, which has the packages already. Exits when it has none."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=tell, args=(directory, environment, there))
    child.start()
    there.close()
    try:
        found: list[dict[str, Any]] = here.recv()
    except EOFError:
        sys.exit(f"the app of {environment['DOMAINS']} does not index: its process said why")
    child.join()
    return found


def main() -> None:
    """Import once, fork for each environment, print all answers."""
    directory = Path(sys.argv[1]).resolve()
    for name in SDKS:
        import_module(name)
    print(json.dumps([asked(directory, each) for each in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()

"""Index an app through azure-functions-runtime: index_functions.py <directory> prints JSON.

Stands alone on purpose: it also runs in a clean environment that has nothing of this repository
but the package.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any


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
    """Name and bindings of every function. Exits with the runtime's reason when there is one."""
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
        sys.exit(f"{directory} does not index: {reason.message}\n{reason.stack_trace}")
    found = await runtime.functions_metadata_request(None)
    return [
        {"name": each.name, "bindings": [json.loads(text) for text in each.raw_bindings]}
        for each in found.function_metadata_results or []
    ]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(indexed(Path(sys.argv[1]).resolve()))))

"""Command line of the broker."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from local.eventhubs.bus import BusError
from local.eventhubs.segment import CorruptSegmentError
from local.eventhubs.server import Settings, serve
from local.eventhubs.storage import FolderInUseError


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="python -m local.eventhubs", description=__doc__)
    parser.add_argument("--port", type=int, default=5672, help="0 picks a free one")
    parser.add_argument("--data", type=Path, required=True, help="folder of the events")
    parser.add_argument("--bus", type=Path, default=Path("bus.json"), help="which hubs exist")
    parser.add_argument("--fsync", action="store_true", help="survive a power cut, too")
    parser.add_argument("--retention-hours", type=float, default=168.0)
    parser.add_argument("--max-segment-bytes", type=int, default=64 * 1024 * 1024)
    given = parser.parse_args()
    return Settings(
        given.port, given.data, given.bus, given.fsync, given.retention_hours,
        given.max_segment_bytes,
    )  # fmt: skip


def main() -> int:
    """Run the broker; its exit code."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        return asyncio.run(serve(_settings()))
    except (BusError, CorruptSegmentError, FolderInUseError) as error:
        logging.getLogger("eventhubs").error("%s", error)  # noqa: TRY400 - the message says all
        return 1


if __name__ == "__main__":
    sys.exit(main())

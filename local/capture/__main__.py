"""Command line of capture: python -m local.capture --data DIR --bus bus.json.

LOCAL_CAPTURE_SECONDS is how often files are written, FILES the account, EVENTS names the namespace.
"""

import argparse
import json
import logging
import os
import re
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from azure.storage.blob import BlobServiceClient

from local.capture.capture import Capture, Form, rounds
from local.capture.log import Lost


def main() -> int:
    """Capture until SIGTERM or SIGINT."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("azure").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(prog="python -m local.capture", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the broker's events")
    parser.add_argument("--bus", type=Path, required=True, help="how files are named")
    given = parser.parse_args()
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    try:
        _serve(given.data, json.loads(given.bus.read_text())["capture"], stop)
    except Lost as error:
        logging.getLogger("capture").error("%s: `make clean` removes both", error)  # noqa: TRY400 - told, not a defect
        return 1
    return 0


def _serve(data: Path, declared: dict[str, str], stop: threading.Event) -> None:
    seconds = float(os.environ.get("LOCAL_CAPTURE_SECONDS", "10"))
    namespace = re.findall(r"sb://([^.:;/]+)", os.environ["EVENTS"])[0]
    form = Form(namespace, declared["nameFormat"], int(declared["sizeLimitInBytes"]))
    with BlobServiceClient.from_connection_string(os.environ["FILES"], retry_total=1) as account:
        container = account.get_container_client(declared["container"])
        partitions = sorted(data.glob("hubs/*/*"))
        captures = [Capture(container, form, folder) for folder in partitions]
        print(f"ready: capture of {len(captures)} partitions", flush=True)
        rounds(captures)
        while not stop.wait(seconds):
            rounds(captures)


if __name__ == "__main__":
    sys.exit(main())

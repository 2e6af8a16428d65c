"""A broker process that tests and the benchmark start, kill and start again."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from local.ports import free_ports

HUBS = {"orders": {"partitions": 2, "consumerGroups": ["readers"]}}


class Broker:
    """A broker that can be killed and started again on the same data and port."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        [self.port] = free_ports(1)
        self._options = options
        (folder / "bus.json").write_text(json.dumps({"hubs": HUBS}))
        self.start()

    def command(self, *options: str) -> list[str]:
        return [
            sys.executable, "-m", "local.eventhubs", "--port", str(self.port),
            "--data", str(self.folder / "data"), "--bus", str(self.folder / "bus.json"), *options,
        ]  # fmt: skip

    def start(self) -> None:
        with (self.folder / "broker.log").open("a") as errors:
            self.process = subprocess.Popen(
                self.command(*self._options), stdout=subprocess.PIPE, stderr=errors, text=True
            )
        assert self.process.stdout is not None
        ready = self.process.stdout.readline()
        assert ready.endswith(f":{self.port}\n"), ready

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    @property
    def log(self) -> str:
        return (self.folder / "broker.log").read_text()

    @property
    def connection_string(self) -> str:
        return (
            f"Endpoint=sb://localhost:{self.port};SharedAccessKeyName=RootManageSharedAccessKey;"
            "SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;"
        )

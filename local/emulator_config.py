"""The official emulator's configuration from bus.json: `make catalogue` writes it."""

import json
import sys

from eventing.bus import ROOT, Bus, declared

TARGET = ROOT / ".devcontainer" / "eventhubs-emulator.json"


def rendered(bus: Bus) -> str:
    """The file's text. The emulator has one namespace and adds $Default to every hub."""
    entities = [
        {
            "Name": hub.name,
            "PartitionCount": str(hub.partitions),
            "ConsumerGroups": [{"Name": group} for group in hub.consumer_groups],
        }
        for hub in bus.hubs.values()
    ]
    namespace = {"Type": "EventHub", "Name": "emulatorNs1", "Entities": entities}
    config = {"UserConfig": {"NamespaceConfig": [namespace], "LoggingConfig": {"Type": "Console"}}}
    return json.dumps(config, indent=2) + "\n"


def main() -> int:
    """Write the file; the test of its freshness says when to."""
    TARGET.write_text(rendered(declared()))
    sys.stderr.write(f"wrote {TARGET.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

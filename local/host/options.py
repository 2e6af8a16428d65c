"""The host's command line."""

import argparse
from collections.abc import Sequence


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options in the arguments, or in the process's own."""
    parser = argparse.ArgumentParser(
        prog="python -m local.host", description="A small Azure Functions host for a laptop."
    )
    parser.add_argument("--app", default=".", help="directory of function_app.py and host.json")
    parser.add_argument("--port", type=int, help="HTTP port (Host.LocalHttpPort, else 7071)")
    parser.add_argument("--no-auth", action="store_true", help="let every caller do everything")
    parser.add_argument(
        "--settings", default="local.settings.json", help="settings file, relative to the app"
    )
    return parser.parse_args(arguments)

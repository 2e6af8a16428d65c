"""`python -m local.stack [up] [--app] [--schemas]`: the stack in the foreground."""

import argparse
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from local.ground import NotRegistered, register_schemas
from local.ports import Ports, PortTaken
from local.process import PORT_TAKEN, Died
from local.running import AlreadyRunning, running
from local.settings import ROOT, chosen, placed
from local.stack import Stack

STATE = ROOT / ".local"


def main() -> int:
    """Run until Ctrl-C or SIGTERM: 0; 98 for a port in use, 1 for anything that went wrong."""
    options = _options()
    heed_signals()
    try:
        return _register(options.directory) if options.schemas else _up(options)
    except PortTaken as error:
        return _failed(error, PORT_TAKEN)
    except (Died, AlreadyRunning, NotRegistered, ValueError) as error:
        return _failed(error, 1)
    except KeyboardInterrupt:
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.stack", description=__doc__)
    parser.add_argument("up", nargs="?", choices=["up"], default="up", help="the default")
    parser.add_argument("--app", action="store_true", help="the app, too, on the local host")
    parser.add_argument(
        "--schemas", action="store_true", help="only register schemas/ with the running stack"
    )
    parser.add_argument("--directory", type=Path, default=STATE, help="state and logs")
    return parser.parse_args()


def heed_signals() -> None:
    """SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt; under nohup, SIGHUP does nothing."""
    # A script's shell starts what it puts into the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _failed(error: Exception, code: int) -> int:
    print(f"error: {error}", file=sys.stderr)
    return code


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def _up(options: argparse.Namespace) -> int:
    values = chosen()
    stack = Stack(options.directory, Ports.from_environment(values), values, _say)
    print("starting the local stack", flush=True)
    try:
        stack.start(options.app)
        _print_addresses(stack.environment(), stack.host_url if options.app else None)
        print(f"logs are in {stack.directory / 'logs'}; Ctrl-C stops everything", flush=True)
        while True:
            time.sleep(0.25)
            stack.check()
    finally:
        # Stopping ends in bounded time by itself; a second Ctrl-C would leave it half done.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print("stopping", flush=True)
        stack.stop()


def _print_addresses(settings: Mapping[str, str], app: str | None) -> None:
    lines = {
        "app": f"{app}/api" if app else "",
        "storage (any client, Storage Explorer)": settings["FILES"],
        "Event Hubs": settings["EVENTS"],
        "Schema Registry": f"https://{settings['SCHEMAS__fullyQualifiedNamespace']}",
        "its certificate authority": settings["SSL_CERT_FILE"],
    }
    for name, address in lines.items():
        if address:
            print(f"{name}:\n  {address}", flush=True)


def _register(directory: Path) -> int:
    values = chosen()
    found = running(directory)
    ports = found.ports if found else Ports.from_environment(values)
    print(register_schemas(placed(values, directory, ports)), end="", flush=True)
    return 0

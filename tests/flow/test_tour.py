"""The README's tour does what it says: its commands are run, their output held to the text."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from local.ports import Ports, variable
from local.settings import ROOT

STEPS = [
    "Create the platform", "Quick start", "Create accounts", "Configure products",
    "Generate leads", "Confirm sales", "Data pipelines",
]  # fmt: skip
TOUR = (ROOT / "README.md").read_text().partition("## A tour in seven steps\n")[2]
TOUR = TOUR.partition("\n## ")[0]
LEFT_OUT = "…"
END = "the command ended"


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the tour and what it prints."""

    command: str
    output: str

    @property
    def asks(self) -> bool:
        """Whether it changes nothing, so that it may be asked again until it is so."""
        return not re.search(r" -d | -X | --data", self.command)


def steps(text: str) -> list[Step]:
    """Every command of the fenced console blocks."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S):
        for each in re.split(r"^\$ ", block, flags=re.M)[1:]:
            lines = each.splitlines()
            last = next(n for n, line in enumerate(lines) if not line.endswith(("\\", "|")))
            found.append(Step("\n".join(lines[: last + 1]), "\n".join(lines[last + 1 :])))
    return found


def masked(text: str) -> str:
    """Without the times and the ports, which differ from run to run."""
    text = re.sub(r"\d\d:\d\d:\d\d", "<time>", text)
    text = re.sub(r"\d+\.\d s\b", "<seconds>", text)
    return re.sub(r"127\.0\.0\.1:\d+", "<address>", text).strip()


def says(output: str, wanted: str) -> bool:
    """Whether the output is what is wanted, with anything where something is left out."""
    lines = masked(wanted).split("\n")
    pattern = "\n".join(re.escape(line).replace(LEFT_OUT, ".*") for line in lines)
    # A last line that is left out stands for every line that follows.
    return bool(re.fullmatch(pattern, masked(output), re.S if lines[-1] == LEFT_OUT else 0))


class Platform:
    """`make start` on free ports and a directory of its own, and a shell beside it."""

    def __init__(self, directory: Path) -> None:
        ports = Ports.free()
        self._url = f"http://127.0.0.1:{ports.host}/api"
        self._directory = directory
        environment = os.environ | {
            variable(name): str(port) for name, port in asdict(ports).items()
        }
        environment |= {"LOCAL_CAPTURE_SECONDS": "1", "LAKE_SCHEDULE": "*/2 * * * * *"}
        self.server = subprocess.Popen(
            self._module("start"), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        self.started = self._until(self.server, "logs are in")
        self.shell = subprocess.Popen(
            ["bash", "--norc"], cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _module(self, target: str) -> list[str]:
        """What a make target runs, on this directory."""
        recipe = re.search(rf"^{target}: .*\n\t@\$\(PYTHON\) (.*)$", MAKEFILE, re.M)
        assert recipe, f"make {target} is no Python module"
        words = recipe[1].replace("$(ARGS)", "").split()
        return [sys.executable, *words, "--directory", str(self._directory)]

    @staticmethod
    def _until(process: subprocess.Popen[str], end: str) -> str:
        assert process.stdout
        told = ""
        for line in process.stdout:
            if line.startswith(end):
                return told
            told += line
        raise AssertionError(f"it ended, and said only: {told}")

    def run(self, command: str) -> str:
        """Run a command in the shell; what it prints."""
        if command == "make start":
            return self.started
        command = command.replace("http://localhost:7071/api", self._url)
        if made := re.fullmatch(r'make (\S+)(?: ARGS="(.*)")?', command):
            command = f"{' '.join(self._module(made[1]))} {made[2] or ''}"
        assert self.shell.stdin
        self.shell.stdin.write(f"{command}\necho; echo '{END}'\n")
        self.shell.stdin.flush()
        return self._until(self.shell, END)

    def close(self) -> None:
        for process in (self.shell, self.server):
            process.terminate()
            process.communicate(timeout=60)


MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    running = Platform(tmp_path)
    yield running
    running.close()


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_every_command_of_the_tour_prints_what_the_readme_says(platform: Platform) -> None:
    for step in steps(TOUR):
        end = time.monotonic() + 120
        while not says(told := platform.run(step.command), step.output):
            assert step.asks, f"$ {step.command}\n{told}"
            assert time.monotonic() < end, f"$ {step.command}\n{told}"
            time.sleep(0.5)


def test_the_tour_has_the_seven_steps() -> None:
    titles = re.findall(r"^\*\*\d\. (.*?)\.\*\*", TOUR, re.M)
    assert titles == STEPS
    assert len(steps(TOUR)) == TOUR.count("\n$ ")


def test_an_output_is_held_to_every_word_that_is_not_left_out() -> None:
    assert says('{"a":1,"b":2}\n', '{"a":1,…}')
    assert says("12:00:01 one\ntwo\nthree\n", "23:59:59 one\n…")
    assert not says('{"a":1,"b":2}', '{"a":2,…}')
    assert not says("one\ntwo", "one")
    assert not says("", "one")

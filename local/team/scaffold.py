"""The files of a new team: made and tried in a copy of the checkout, then placed in it as one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from local.settings import example
from local.team.declared import in_azd, in_bus
from local.team.words import Words

TEMPLATES = Path(__file__).parent / "templates"
FILES = {
    "domains/$team/__init__.py": "package.py.txt",
    "domains/$team/$noun.py": "noun.py.txt",
    "domains/$team/$command.py": "command.py.txt",
    "domains/$team/latest_$noun.py": "latest.py.txt",
    "domains/$team/on_${noun}_$event.py": "reaction.py.txt",
    "domains/$team/triggers.py": "triggers.py.txt",
    "schemas/$team/$type.avsc": "event.avsc.txt",
    "schemas/$team/released/$type.1.avsc": "event.avsc.txt",
    "tests/rules/test_$command.py": "test_command.py.txt",
    "tests/rules/test_on_${noun}_$event.py": "test_reaction.py.txt",
}
CHANGED = {"bus.json": in_bus, "azure.yaml": in_azd}
GENERATED = (".devcontainer/eventhubs-emulator.json", "docs/events.md", "docs/asyncapi.json")

NOT_COPIED = shutil.ignore_patterns(
    *(".git", ".venv", ".local", ".publish", ".cache", ".*_cache", ".hypothesis"),
    *("node_modules", "__pycache__", "local.settings.json"),
)
INDEX = "import function_app; function_app.app.get_functions()"


class Failed(Exception):
    """The team could not be made or placed; the checkout is as it was."""


def new_files(words: Words) -> dict[str, str]:
    """The team's own files by their place, as the templates have them."""
    names = words.placeholders()
    return {
        Template(name).substitute(names): _filled(TEMPLATES / template, names)
        for name, template in FILES.items()
    }


def _filled(template: Path, names: Mapping[str, str]) -> str:
    return Template(template.read_text()).substitute(names)


def made(root: Path, words: Words) -> dict[str, str]:
    """Every file that is new or changed, formatted and tried. Raises Failed."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "checkout"
        shutil.copytree(root, copy, ignore=NOT_COPIED)
        own = new_files(words)
        place(copy, own)
        for name, change in CHANGED.items():
            (copy / name).write_text(change((copy / name).read_text(), words))
        _try(copy, [name for name in own if name.endswith(".py")])
        return {name: (copy / name).read_text() for name in [*own, *CHANGED, *GENERATED]}


def _try(copy: Path, modules: list[str]) -> None:
    """Format what is new, write what is generated, and see it lint, index and pass its tests."""
    tests = [name for name in modules if name.startswith("tests/")]
    for step in (
        ("-m", "ruff", "check", "--quiet", "--select", "I", "--fix", *modules),
        ("-m", "ruff", "format", "--quiet", *modules),
        ("-m", "ruff", "check", "--quiet", *modules),
        ("-m", "local.emulator_config"),
        ("-m", "local.catalogue"),
        ("-c", INDEX),
        ("-m", "pytest", "-q", "-p", "no:cacheprovider", *tests),
    ):
        done = subprocess.run(
            [sys.executable, *step],
            cwd=copy,
            env={**os.environ, **example(), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise Failed(f"python {' '.join(step)}\n{done.stdout}{done.stderr}")


def place(root: Path, files: Mapping[str, str]) -> None:
    """Write all files, or none: what was written before a failure is taken back."""
    before: dict[Path, str | None] = {}
    folders: list[Path] = []
    try:
        for name, text in files.items():
            path = root / name
            missing = [each for each in path.parents if not each.exists()]
            for folder in reversed(missing):
                folder.mkdir()
                folders.append(folder)
            before[path] = path.read_text() if path.exists() else None
            path.write_text(text)
    except BaseException as error:
        _take_back(before, folders)
        if isinstance(error, OSError):
            raise Failed(f"{error.filename}: {error.strerror}") from error
        raise


def _take_back(before: Mapping[Path, str | None], folders: list[Path]) -> None:
    for path, text in before.items():
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text)
    for folder in reversed(folders):
        folder.rmdir()

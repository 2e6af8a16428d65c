"""The published package: only what Azure needs, and it works where there is nothing else."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from eventing.bus import ROOT
from local.publish import build, packaged
from tests.infra.truth import Truth, index

WANTED = {"function_app.py", "host.json", "requirements.txt", "bus.json"}
FOLDERS = {"domains", "eventing", "schemas"}
LINUX = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")


def test_the_package_holds_the_app_and_nothing_else(root: Path) -> None:
    files = list(packaged(root))
    assert {path.name for path in files if len(path.parts) == 1} == WANTED
    assert {path.parts[0] for path in files if len(path.parts) > 1} <= FOLDERS
    assert {path.suffix for path in files} <= {
        ".py",
        ".json",
        ".txt",
        ".avsc",
        ".html",
        ".css",
        ".js",
    }


def test_the_package_holds_every_module_and_contract(root: Path) -> None:
    files = {path.as_posix() for path in packaged(root)}
    for folder in FOLDERS:
        for suffix in ("py", "avsc"):
            for path in (root / folder).rglob(f"*.{suffix}"):
                # The versions of contracts are for the gate; the app has the present ones.
                packed = path.relative_to(root).as_posix() in files
                assert packed is (path.parent.name != "released")


def test_the_package_holds_no_secret_and_no_local_setting(root: Path) -> None:
    for path in packaged(root):
        assert "local.settings" not in path.name
        text = (root / path).read_text()
        assert "SharedAccessKey=" not in text
        assert "BEGIN PRIVATE KEY" not in text


def test_the_package_is_small(root: Path, tmp_path: Path) -> None:
    assert build(root, tmp_path / "package.zip") < 1024 * 1024


def test_a_new_secret_file_beside_the_app_is_not_published(tmp_path: Path, root: Path) -> None:
    (tmp_path / ".funcignore").write_text((root / ".funcignore").read_text())
    for name in (".env", "local.settings.json", "function_app.py"):
        (tmp_path / name).write_text("")
    assert [path.as_posix() for path in packaged(tmp_path)] == ["function_app.py"]


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def wheels(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every requirement as a wheel for Linux and Python 3.13; fails when one has none."""
    folder = tmp_path_factory.mktemp("wheels")
    platforms = [option for name in LINUX for option in ("--platform", name)]
    abis = [option for name in ("cp313", "abi3", "none") for option in ("--abi", name)]
    _run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:"),
        *("--no-deps", "--python-version", "313", "--implementation", "cp", *platforms, *abis),
        *("--dest", str(folder), "--requirement", str(root / "requirements.txt")),
    )
    return folder


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_every_requirement_has_a_wheel_that_azure_can_install(root: Path, wheels: Path) -> None:
    pinned = [
        line.split("==")[0]
        for line in (root / "requirements.txt").read_text().splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    ]
    found = {path.name.split("-")[0].lower().replace("_", "-") for path in wheels.glob("*.whl")}
    assert {name.lower().replace("_", "-").replace(".", "-") for name in pinned} == {
        name.replace(".", "-") for name in found
    }


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_every_function_indexes_from_the_package_in_a_clean_environment(
    root: Path, truth: Truth, wheels: Path, tmp_path: Path
) -> None:
    build(root, tmp_path / "package.zip")
    with zipfile.ZipFile(tmp_path / "package.zip") as package:
        package.extractall(tmp_path / "app")
    venv.create(tmp_path / "clean", with_pip=True)
    python = str(tmp_path / "clean" / "bin" / "python")
    install = (python, "-m", "pip", "install", "--quiet", "--no-deps")
    _run(*install, "--no-index", *(str(path) for path in wheels.glob("*.whl")))
    runtime = next(
        line.split()[0]
        for line in (ROOT / "requirements-dev.txt").read_text().splitlines()
        if line.startswith("azure-functions-runtime==")
    )
    # Azure supplies the runtime and its own logging; neither is in the package.
    _run(*install, runtime)
    found = index(tmp_path / "app", truth.settings, python)
    assert [(each.domain, each.name) for each in found] == [
        (each.domain, each.name) for each in truth.functions
    ]
    assert {each.domain for each in found} == set(truth.settings)

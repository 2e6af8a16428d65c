"""Who may import whom: function_app → triggers → rules → nouns, and teams meet only in schemas."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventing.bus import ROOT
from tests.rules.found import DOORS, TEAMS

PURE = {
    "calendar",
    "collections",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "re",
    "typing",
    "uuid",
}
"""What rules and nouns may use of the standard library: nothing with a clock or a disk in it."""

SPINE = {"eventing.decision", "eventing.values"}
IMPURE_NAMES = {"uuid1", "uuid4", "open", "print", "input"}
IMPURE_ATTRIBUTES = {"now", "utcnow", "today", "uuid1", "uuid4", "urandom"}


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules that a source names in its imports; of `from a import b` also `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = str(node.module)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def impure(tree: ast.AST) -> Iterator[str]:
    """Names of what answers differently the next time, or reaches outside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in IMPURE_NAMES:
            yield node.id
        elif isinstance(node, ast.Attribute) and node.attr in IMPURE_ATTRIBUTES:
            yield node.attr


def has_decide(source: str) -> bool:
    return "\ndef decide(" in source


def within(module: str, allowed: set[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in allowed)


def rules_of(team: str) -> set[str]:
    return {
        f"domains.{team}.{path.stem}"
        for path in (ROOT / "domains" / team).glob("*.py")
        if has_decide(path.read_text())
    }


def pure_faults(team: str, source: str) -> list[str]:
    """What a rule or a noun of a team does that neither may do, and what a noun may not."""
    tree = ast.parse(source)
    doors = {f"domains.{team}.{door}" for door in DOORS}
    faults = []
    for module in imported(tree):
        if within(module, rules_of(team)):
            faults.append(f"imports the rule {module}")
        elif within(module, doors):
            faults.append(f"imports the door {module}")
        elif not within(module, PURE | SPINE | {f"domains.{team}"}) or module == "eventing":
            faults.append(f"imports {module}")
    return faults + [f"uses {name}" for name in impure(tree)]


def door_faults(team: str, source: str) -> list[str]:
    """What the module that binds a team's rules does that it may not do."""
    own = {f"domains.{team}", "eventing", "azure.functions", *sys.stdlib_module_names}
    return [
        f"imports {module}"
        for module in imported(ast.parse(source))
        if not within(module, own) and module not in ("domains", "azure")
    ]


def sources(pattern: str) -> list[Path]:
    return sorted(path for path in ROOT.glob(pattern) if path.name != "__init__.py")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


FILES = sources("domains/*/*.py")
PURE_FILES = [path for path in FILES if path.parent.name in TEAMS and path.stem not in DOORS]
DOOR_FILES = [path for path in FILES if path not in PURE_FILES]
"""What binds rules to the outside, and all of the platform's own domains, which have no rules."""


@pytest.mark.parametrize("path", PURE_FILES, ids=name)
def test_rules_and_nouns_import_nothing_but_nouns_and_what_is_pure(path: Path) -> None:
    assert pure_faults(path.parent.name, path.read_text()) == []


@pytest.mark.parametrize("path", DOOR_FILES, ids=name)
def test_a_teams_bindings_import_their_own_team_and_the_platform(path: Path) -> None:
    assert door_faults(path.parent.name, path.read_text()) == []


@pytest.mark.parametrize("path", sources("eventing/*.py"), ids=name)
def test_the_platform_imports_no_team(path: Path) -> None:
    modules = list(imported(ast.parse(path.read_text())))
    assert [module for module in modules if within(module, {"domains", "local", "tests"})] == []


def test_the_app_imports_nothing_that_is_not_deployed() -> None:
    deployed = [ROOT / "function_app.py", *sources("domains/**/*.py"), *sources("eventing/**/*.py")]
    for path in deployed:
        modules = list(imported(ast.parse(path.read_text())))
        assert [module for module in modules if within(module, {"local", "tests"})] == [], path


def test_the_composition_imports_teams_by_their_setting_only() -> None:
    modules = list(imported(ast.parse((ROOT / "function_app.py").read_text())))
    assert [module for module in modules if within(module, {"domains"})] == []


def test_no_package_hides_the_standard_library() -> None:
    packages = {path.parent for path in ROOT.glob("[!.n]*/**/*.py")}
    hiding = {"platform", "calendar", "queue", "types", "logging"}
    assert [path for path in packages if path.name in hiding] == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import os", "imports os"),
        ("from azure.data.tables import TableClient", "imports azure.data.tables"),
        ("from eventing.store import Store", "imports eventing.store"),
        ("import eventing", "imports eventing"),
        ("from domains.product.product import Product", "imports domains.product.product"),
        ("from domains.customer import triggers", "imports the door domains.customer.triggers"),
        (
            "from domains.customer.abandon_quotes import decide",
            "imports the rule domains.customer.abandon_quotes",
        ),
        ("from datetime import datetime\nat = datetime.now()", "uses now"),
        ("from uuid import uuid4\nnew = uuid4()", "uses uuid4"),
        ("text = open('file').read()", "uses open"),
    ],
)
def test_what_a_rule_may_not_do_is_found(source: str, fault: str) -> None:
    assert fault in pure_faults("customer", source)


def test_what_bindings_may_not_do_is_found() -> None:
    source = "import domains.product.product\nfrom azure.storage.blob import BlobClient\nimport csv"
    assert door_faults("customer", source) == [
        "imports domains.product.product",
        "imports azure.storage.blob",
        "imports azure.storage.blob.BlobClient",
    ]


def test_every_team_has_rules_and_bindings() -> None:
    assert {path.parent.name for path in PURE_FILES} == set(TEAMS)
    assert set(TEAMS) <= {path.parent.name for path in DOOR_FILES if path.stem == "triggers"}

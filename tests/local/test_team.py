"""`make team`: the words it takes, and that what it writes works where it was written."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from eventing.bus import ROOT
from local.ports import Ports, variable
from local.team.declared import bus_text
from local.team.refusals import HUBS, refusals
from local.team.scaffold import NOT_COPIED, Failed, new_files, place
from local.team.words import Words, command_of, in_the_past, plural
from tests.rules.found import DOORS

BILLING = Words("billing", "invoice", "issued", "issue_invoice")
BUS: dict[str, Any] = {
    "hubs": {"order": {"owner": "shop", "aggregates": ["order"], "consumerGroups": ["stock"]}},
    "tables": {"shop": {"owner": "shop"}, "till": {"owner": "till"}},
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The little of a repository that the words of a new team are held against."""
    (tmp_path / "bus.json").write_text(json.dumps(BUS))
    for place_ in ("domains/shop/known_buyer.py", "eventing/outbox.py", "local/ports.py"):
        (tmp_path / place_).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place_).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("past", "verb"),
    [
        *[(verb + "d", verb) for verb in ("issue", "activate", "create", "receive", "close")],
        *[(verb + "d", verb) for verb in ("charge", "schedule", "settle", "hire", "define")],
        *[(verb + "d", verb) for verb in ("delete", "complete", "quote", "execute", "decide")],
        *[(verb + "ed", verb) for verb in ("post", "order", "open", "sign", "bill", "pass")],
        *[(verb + "ed", verb) for verb in ("add", "return", "repair", "upload", "reject")],
        *[("planned", "plan"), ("shipped", "ship"), ("cancelled", "cancel"), ("filed", "file")],
        *[("verified", "verify"), ("submitted", "submit")],
    ],
)
def test_a_command_is_the_imperative_of_its_event(past: str, verb: str) -> None:
    assert command_of("invoice", past) == f"{verb}_invoice"


@pytest.mark.parametrize("event", ["sent", "overdue", "abandoned_quote", "red", "ed"])
def test_where_there_is_no_verb_to_find_the_event_is_recorded(event: str) -> None:
    assert command_of("invoice", event) == f"record_invoice_{event}"


def test_nouns_have_a_plural_and_events_a_tense() -> None:
    assert [plural(noun) for noun in ("invoice", "company", "day", "box", "sales_file")] == [
        *("invoices", "companies", "days", "boxes", "sales_files")
    ]
    assert all(in_the_past(event) for event in ("issued", "sent", "taken", "abandoned_quote"))
    assert not any(in_the_past(event) for event in ("issue", "overdue"))


def test_good_words_are_taken(checkout: Path) -> None:
    assert refusals(checkout, BILLING) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"team": "Billing"}, "name='Billing': a team is called by 3 to 15"),
        ({"team": "two_words"}, "name='two_words': a team"),
        ({"team": "../etc"}, "name='../etc': a team"),
        ({"team": "billing\n"}, "name='billing\\n': a team"),
        ({"team": "é" * 4}, "a team is called by"),
        ({"team": "platform"}, "name='platform' is a module of Python's library"),
        ({"team": "class"}, "name='class' is a word of Python"),
        ({"team": "filter"}, "name='filter' is a word of Python"),
        ({"team": "lake"}, "name='lake' is kept for the platform"),
        ({"team": "local"}, "name='local' is a folder of the repository"),
        ({"team": "shop"}, "name='shop': there is such a team already"),
        ({"team": "stock"}, "name='stock': there is such a team already"),
        ({"team": "till"}, "name='till': there is such a team already"),
        ({"aggregate": "credit-note"}, "aggregate='credit-note': an aggregate is a noun"),
        ({"aggregate": "_invoice"}, "aggregate='_invoice': an aggregate"),
        ({"aggregate": "i" * 21}, "at most 20 of the letters"),
        ({"aggregate": "calendar"}, "aggregate='calendar' is a module of Python's library"),
        ({"aggregate": "outbox"}, "aggregate='outbox' means something else in the code"),
        ({"aggregate": "latest"}, "aggregate='latest' means something else in the code"),
        ({"aggregate": "order"}, "aggregate='order': the bus has it already"),
        ({"aggregate": "known_buyer"}, "a state of domains/shop/known_buyer.py"),
        ({"event": "Issued"}, "event='Issued': an event is told in the past tense"),
        ({"event": "was-issued"}, "event='was-issued': an event"),
        ({"command": "issue"}, "command='issue': a command is an imperative and its object"),
        ({"aggregate": "bill_note", "command": "bill_note"}, "command='bill_note' is the name of"),
        ({"command": "on_invoice"}, "command='on_invoice' begins as what is no command"),
    ],
)
def test_a_word_that_cannot_be_used_is_named_with_the_reason(
    checkout: Path, change: dict[str, str], reason: str
) -> None:
    (told,) = refusals(checkout, dataclasses.replace(BILLING, **change))
    assert reason in told


def test_every_bad_word_is_told_at_once(checkout: Path) -> None:
    assert len(refusals(checkout, Words("A", "B", "C", "issue_b"))) == 3


@pytest.mark.parametrize("door", DOORS)
def test_a_door_of_a_team_is_no_aggregate(door: str, checkout: Path) -> None:
    assert refusals(checkout, dataclasses.replace(BILLING, aggregate=door))


def test_a_hub_more_than_a_namespace_holds_is_refused(checkout: Path) -> None:
    hubs = {f"hub{number}": BUS["hubs"]["order"] for number in range(HUBS)}
    (checkout / "bus.json").write_text(json.dumps({**BUS, "hubs": hubs}))
    (told,) = refusals(checkout, BILLING)
    assert "the most that a namespace holds" in told


def test_the_declaration_is_written_as_it_is_read() -> None:
    text = (ROOT / "bus.json").read_text()
    assert bus_text(json.loads(text)) == text


def test_files_are_placed_all_or_none(checkout: Path) -> None:
    before = contents(checkout)
    files = {"bus.json": "{}", "a/b/new.py": "", "bus.json/is/no/folder.py": ""}
    with pytest.raises(Failed, match=r"bus\.json"):
        place(checkout, files)
    assert contents(checkout) == before
    assert not (checkout / "a").exists()


def test_no_file_of_a_team_keeps_a_placeholder() -> None:
    files = new_files(BILLING)
    assert len(files) == 10
    assert not [name for name, text in files.items() if "$" in name + text]


def contents(root: Path) -> dict[str, str]:
    paths = [path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(root)): path.read_text() for path in paths}


class Copy:
    """A copy of this checkout, with its installed packages and what mypy knows of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT, root, ignore=NOT_COPIED)
        for name in (".venv", "node_modules"):
            (root / name).symlink_to(ROOT / name)
        if (ROOT / ".mypy_cache").exists():
            shutil.copytree(ROOT / ".mypy_cache", root / ".mypy_cache")

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=580,
            check=False,
        )

    def passes(self, *command: str, **settings: str) -> None:
        done = self.run(*command, **settings)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"

    def team(self, words: Words) -> subprocess.CompletedProcess[str]:
        """What `make team` runs."""
        asked = asdict(words)
        options = [f"--{name.replace('team', 'name')}={value}" for name, value in asked.items()]
        return self.run(sys.executable, "-m", "local.team", *options)


@pytest.fixture(scope="module")
def billing(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A checkout with the team of docs/team.md."""
    copy = Copy(tmp_path_factory.mktemp("billing") / "checkout")
    names = {"name": "billing", "aggregate": "invoice", "event": "issued"}
    # The packages are installed, however old the mark says that they are.
    copy.passes("make", "-o", ".venv/.installed", "team", *(f"{a}={b}" for a, b in names.items()))
    return copy


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_new_team_passes_every_check(billing: Copy) -> None:
    billing.passes("make", "-o", ".venv/.installed", "check", EXAMPLES="25")


@pytest.mark.slow
def test_a_team_is_made_once(billing: Copy) -> None:
    before = contents(billing.root / "domains") | contents(billing.root / "docs")
    told = billing.team(BILLING)
    assert told.returncode == 1
    assert "name='billing': there is such a team already" in told.stderr
    assert contents(billing.root / "domains") | contents(billing.root / "docs") == before


ODD = [
    Words("x" * 15, "box_" * 4 + "boxy", "was_" * 4 + "done", "c" * 23 + "_" + "d" * 24),
    Words("zoo", "sales_visit", "overdue", "announce_sales_visit"),
    Words("archive", "a", "b", "z_y"),
]
CHECKS = (
    *("tests/test_contracts.py", "tests/test_imports.py", "tests/test_schema_versions.py"),
    *("tests/catalogue", "tests/infra/test_one_truth.py", "tests/api/test_document.py"),
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_teams_of_odd_names_are_like_any_other(tmp_path: Path) -> None:
    copy = Copy(tmp_path / "checkout")
    for words in ODD:
        told = copy.team(words)
        assert told.returncode == 0, told.stderr
        hinted = "hint: an event is told in the past tense" in told.stdout
        assert hinted is (words.event[-1] in "be")
    own = [*(f"domains/{words.team}" for words in ODD), "tests/rules"]
    copy.passes(sys.executable, "-m", "ruff", "check", ".")
    copy.passes(sys.executable, "-m", "ruff", "format", "--check", ".")
    copy.passes(sys.executable, "-m", "mypy", "--strict", *own)
    fast = "not stack and not slow and not azure"
    written = [f"tests/rules/test_{words.command}.py" for words in ODD]
    copy.passes(sys.executable, "-m", "pytest", "-q", "-m", fast, *CHECKS, *written)


@pytest.mark.slow
def test_what_fails_in_the_making_changes_nothing(tmp_path: Path) -> None:
    copy = Copy(tmp_path / "checkout")
    template = copy.root / "local" / "team" / "templates" / "reaction.py.txt"
    template.write_text(template.read_text().replace("Decision(latest)", "Decision(None)"))
    before = contents(copy.root / "domains") | contents(copy.root / "tests" / "rules")
    told = copy.team(BILLING)
    assert told.returncode == 1
    assert "nothing was changed" in told.stderr
    assert contents(copy.root / "domains") | contents(copy.root / "tests" / "rules") == before
    assert (copy.root / "bus.json").read_text() == (ROOT / "bus.json").read_text()


@pytest.fixture
def api(billing: Copy, tmp_path: Path) -> Iterator[str]:
    """The app with the new team, started as `make start` does."""
    ports = Ports.free()
    settings = {variable(name): str(port) for name, port in asdict(ports).items()}
    log = tmp_path / "log"
    with log.open("w") as out:
        stack = subprocess.Popen(
            [sys.executable, "-m", "local.stack", "--app"],
            cwd=billing.root,
            env=os.environ | settings,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: "Ctrl-C stops everything" in log.read_text() or stack.poll() is not None, 90)
        assert stack.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{ports.host}/api"
    finally:
        stack.send_signal(signal.SIGINT)
        assert stack.wait(60) == 0


def until(look: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.2)


def ask(address: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": "one"}
    request = urllib.request.Request(address, data, headers)  # noqa: S310 - this machine
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - this machine
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_the_new_team_takes_its_command_and_reacts_to_its_event(api: str) -> None:
    status, invoice = ask(f"{api}/invoices", {"category": "travel"})
    assert status == 201
    until(lambda: ask(f"{api}/latest-invoices/travel")[0] == 200, 60)
    _, latest = ask(f"{api}/latest-invoices/travel")
    assert latest["invoice_id"] == invoice["invoice_id"]
    assert ask(f"{api}/invoices", {"category": "travel"}) == (201, invoice)
    status, told = ask(f"{api}/invoices", {"category": "food"})
    assert (status, told["type"]) == (422, "/problems/other-invoice")

"""Settings, connections, host.json and blob paths."""

import json
from pathlib import Path

import pytest

from local.host import blobpath
from local.host.config import (
    ConfigurationError,
    Settings,
    function_timeout,
    lookup,
    read_host_json,
    read_settings,
)
from local.host.eventoptions import event_hub_options
from local.host.faults import Fault, Faults
from local.host.keys import Keys, Level, load_keys


def test_existing_variables_win_over_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "local.settings.json"
    file.write_text('{"Values": {"A": "file", "B": "file"}, "Host": {"LocalHttpPort": 9}}')
    environ = {"A": "environment"}
    assert read_settings(file, environ) == {"LocalHttpPort": 9}
    assert environ == {"A": "environment", "B": "file"}


def test_host_json_is_overridden_by_variables_whatever_their_case(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0", "extensions": {"http": {}}}')
    name = "AzureFunctionsJobHost__Extensions__eventHubs__maxEventBatchSize"
    document = read_host_json(tmp_path, {name: "7"})
    assert event_hub_options(document).max_batch == 7
    assert lookup(document, "extensions", "HTTP") == {}


@pytest.mark.parametrize("text", ['{"version": "1.0"}', "{}", "no json"])
def test_a_host_json_of_another_version_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "host.json").write_text(text)
    with pytest.raises(ConfigurationError, match=r"host\.json"):
        read_host_json(tmp_path, {})


def test_every_missing_setting_is_named_at_once() -> None:
    settings = Settings({"AzureWebJobsHere": "x"})
    assert settings.connection("Here", "f").string == "x"
    settings.connection("GONE", "f")
    settings.resolve("%HUB%-%GROUP%", "g")
    with pytest.raises(ConfigurationError, match=r"GONE \(f\).*HUB \(g\).*GROUP \(g\)"):
        settings.check()


def test_a_connection_may_be_a_section() -> None:
    settings = Settings({"EH__fullyQualifiedNamespace": "ns"})
    assert settings.connection("EH", "f").endpoint("fullyQualifiedNamespace") == "ns"
    settings.check()


@pytest.mark.parametrize(
    ("text", "expected"), [(None, 1800.0), ("-1", None), ("00:05:00", 300.0), ("1.00:00:00", 86400)]
)
def test_the_function_timeout(text: str | None, expected: float | None) -> None:
    assert function_timeout({"functionTimeout": text} if text else {}) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"minEventBatchSize": 5, "maxEventBatchSize": 2},
        {"batchCheckpointFrequency": 0},
        {"maxWaitTime": "00:11:00"},
        {"initialOffsetOptions": {"type": "fromEnqueuedTime"}},
        {"initialOffsetOptions": {"type": "sometime"}},
    ],
)
def test_event_hub_options_that_the_real_host_refuses(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        event_hub_options({"extensions": {"eventHubs": options}})


@pytest.mark.parametrize(
    ("path", "blob", "expected"),
    [
        ("foo/{name}.csv", "foo.alpha.csv", {"name": "foo.alpha"}),
        ("foo/{a}.{b}", "x.y.z", {"a": "x.y", "b": "z"}),
        ("foo/{p}/{n}.csv", "acme/2026/x.csv", {"p": "acme/2026", "n": "x"}),
        ("foo/{name}.txt", "bob.txtoutput", None),
        ("foo", "any/thing", {}),
    ],
)
def test_a_blob_path(path: str, blob: str, expected: dict[str, str] | None) -> None:
    assert blobpath.parse(path, "f").match(blob) == expected


def test_faults_are_used_up() -> None:
    faults = Faults({"LOCAL_HOST_FAULTS": '[{"function": "x", "skip_batches": 1}]'})
    assert [faults.next(name) for name in ("y", "x", "x")] == [None, Fault(), None]
    faults.add('[{"function": "x", "timeout_batches": 1, "after_seconds": 2}]')
    assert faults.next("x") == Fault(cut_after=2.0)


def test_a_key_grants_its_level() -> None:
    keys = Keys("m", {"default": "h"}, {"grid": "s"}, {"f": {"own": "k"}})
    levels = [keys.level(key, "F") for key in ("m", "s", "h", "k", "wrong", None)]
    assert levels == [Level.ADMIN, Level.SYSTEM, Level.FUNCTION, Level.FUNCTION, 0, 0]
    assert keys.level("k", "other") is Level.ANONYMOUS


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.json"
    made = load_keys(path, {}, enforced=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_keys(path, {}, enforced=True) == made
    assert json.loads(path.read_text())["masterKey"] == made.master

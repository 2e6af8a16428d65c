"""The plan tells each team its rights and adds up."""

import json
import re

import pytest

from eventing.bus import ROOT
from local.deploy_plan import (
    LOADS,
    Load,
    created,
    domains,
    report,
    schedules,
    shared,
    team,
    timers,
    units,
)
from tests.infra.truth import Truth
from tests.infra.truth import domains as deployed

BUS = json.loads((ROOT / "bus.json").read_text())


def test_the_plan_names_every_app_that_the_templates_make() -> None:
    assert sorted(domains(BUS)) == deployed(BUS)


def test_a_teams_rights_are_the_declared_ones() -> None:
    lines = list(created(BUS, "product"))
    assert "may send to the hub product (4 partitions, captured)" in lines
    assert "may use the table product" in lines
    assert not [line for line in lines if "receive" in line or "container" in line]


@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.name)
def test_the_printed_total_is_the_sum_of_its_lines(load: Load) -> None:
    lines = [*shared(BUS, load, private=False)]
    for domain in domains(BUS):
        lines += team(BUS, domain, load, private=False)
    total = sum(line.dollars for line in lines)
    told = next(line for line in report(BUS, private=False) if line.startswith(f"\n{load.name}:"))
    found = re.search(r"\$([\d,.]+) a month", told)
    assert found is not None
    assert float(found[1].replace(",", "")) == pytest.approx(total, abs=0.01)


def test_every_timer_that_the_runtime_indexes_is_counted_as_often_as_azure_runs_it(
    truth: Truth,
) -> None:
    for domain in domains(BUS):
        indexed = {
            each.name: str(each.trigger["schedule"])
            for each in truth.functions
            if each.domain == domain and each.kind == "timerTrigger"
        }
        assert set(timers(domain)) == set(indexed)
    assert schedules()["SWEEP_SCHEDULE"] == "*/15 * * * * *"
    assert timers("product")["product_sweep_outbox"] == 730 * 3600 / 15
    assert timers("product")["product_measure"] == 730 * 60
    assert timers("operations") == {}


def test_the_console_may_read_and_write_nothing() -> None:
    assert list(created(BUS, "operations"))[1:] == [
        "may ask every hub how far it is",
        "may read every team's table",
        "may send telemetry",
    ]


def test_more_events_cost_more_and_peaks_need_more_units() -> None:
    totals = [sum(line.dollars for line in shared(BUS, load, private=False)) for load in LOADS]
    assert totals == sorted(totals)
    assert [units(load) for load in LOADS] == [1, 1, 2]


def test_prices_say_when_they_were_noted_and_that_they_must_be_checked() -> None:
    text = "\n".join(report(BUS, private=True))
    assert re.search(r"Prices: \d{4}-\d{2}.*check", text)
    assert "private endpoints" in text
    priced = [line for line in text.splitlines() if line.startswith("    ")]
    assert priced
    assert [line for line in priced if not re.search(r"\$ *[\d,.]+  = \S", line)] == []

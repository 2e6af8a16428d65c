"""`python -m tests.faults.mutations`: break each mechanism on purpose, and see that a test fails.

It changes one place of the code at a time, runs the tests named for it, and puts the code back.
`--table` writes the list into README.md. It refuses to begin in a tree with changes.
"""

# ruff: noqa: E501 - places of the code are quoted as they are
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eventing.bus import ROOT

README = Path(__file__).with_name("README.md")
TABLE = re.compile(r"(\| mechanism \| mutation \| fails \|\n\|---\|---\|---\|\n)((?:\|.*\n)*)")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One place of the code made wrong, and the test that must then fail."""

    mechanism: str
    told: str
    file: str
    old: str
    new: str
    test: str
    stack: bool = False
    """Whether only the real servers can tell."""

    @property
    def row(self) -> str:
        return f"| {self.mechanism} | {self.told} | `{self.test}` |\n"


STORE = "tests/eventing/test_store.py"
RECEIVE = "tests/eventing/test_receive.py"
SWEEP = "tests/eventing/test_sweep.py"
DENIED = "tests/eventing/test_denied.py::test_f57_a_batch_without_the_right_fails_at_once_and_is_made_good_with_it"
LAW = "tests/rules/test_law.py"

MUTATIONS = [
    Mutation(
        "one transaction", "publish before the commit", "eventing/handle.py",
        "                if changes:\n",
        "                if events:\n"
        "                    await self.relay._publisher.publish(events)\n"
        "                if changes:\n",
        DENIED,
    ),
    Mutation(
        "one transaction", "write although another was first", "eventing/store.py",
        '        "etag": change.held.etag,\n            "match_condition": MatchConditions.IfNotModified,\n',
        "", f"{STORE}::test_the_second_of_two_writers_conflicts_and_changes_nothing", stack=True,
    ),
    Mutation(
        "one transaction", "leave the outbox out of it", "eventing/handle.py",
        "self.store.commit(bucket, changes, packed(events))",
        "self.store.commit(bucket, changes, [])",
        f"{RECEIVE}::test_a_sale_becomes_a_purchase_and_its_event",
    ),
    Mutation(
        "relay", "delete the outbox before publishing", "eventing/relay.py",
        "        with telemetry.publishing(events):\n",
        "        await self._store.clear(bucket, rows)\n        with telemetry.publishing(events):\n",
        f"{RECEIVE}::test_a_broker_that_is_down_costs_latency_and_no_event",
    ),
    Mutation(
        "relay", "publish an aggregate's events in any order", "eventing/relay.py",
        "events.sort(key=lambda event: (event.source, event.subject, event.sequence))",
        "events.reverse()",
        f"{RECEIVE}::test_many_sales_of_one_contact_keep_their_order",
    ),
    Mutation(
        "relay", "never sweep", "eventing/relay.py",
        "if row.written <= now - SWEPT_AFTER:", "if row.written > now:",
        f"{SWEEP}::test_rows_of_every_bucket_are_published_in_their_order",
    ),
    Mutation(
        "relay", "stop after one page", "eventing/relay.py",
        "if len(rows) < PAGE or time.monotonic() > until:", "if rows:",
        f"{SWEEP}::test_a_long_outbox_is_read_a_page_at_a_time_and_keeps_its_order",
    ),
    Mutation(
        "receive", "count a parked event as applied", "eventing/receive.py",
        "return Counts(parked=1)", "return Counts(applied=1)",
        f"{RECEIVE}::test_what_cannot_be_read_is_parked_raw_and_the_rest_goes_on",
    ),
    Mutation(
        "receive", "leave out the last event of a batch", "eventing/receive.py",
        "        for received in batch:\n            read =",
        "        for received in batch[:-1] or batch:\n            read =",
        f"{RECEIVE}::test_a_batch_larger_than_a_transaction_is_all_applied",
    ),
    Mutation(
        "receive", "retry what a missing right refuses", "eventing/receive.py",
        "        except Forbidden:\n            raise\n", "",
        DENIED,
    ),
    Mutation(
        "position", "advance before the batch has ended", "eventing/receive.py",
        "        counts += await self.settle(batch, deadline)\n        await _within(",
        "        await self._advance(partition, batch)\n"
        "        counts += await self.settle(batch, deadline)\n        await _within(",
        DENIED,
    ),
    Mutation(
        "position", "trust the host not to skip", "eventing/position.py",
        "return expected if batch[0].sequence_number > expected else None", "return None",
        f"{RECEIVE}::test_what_the_host_skipped_is_read_from_the_hub_first",
    ),
    Mutation(
        "position", "let an older batch move it back", "eventing/position.py",
        "if last.sequence_number > position.sequence_number or restarted(position, batch):",
        "if last:",
        f"{RECEIVE}::test_an_older_batch_does_not_move_the_position_back",
    ),
    Mutation(
        "position", "take a silent hub for one that holds no more", "eventing/hubs.py",
        "if max(begins, reached + 1) <= min(ends, last):", "if begins > ends:",
        "tests/eventing/test_hubs.py::test_silence_about_events_that_the_hub_holds_is_transient",
    ),
    Mutation(
        "park", "keep the message without its bytes", "eventing/receive.py",
        "parked = Parked(received, reason, detail, now())",
        "parked = Parked(Received(*(each if name != 'body' else b'' for name, each in\n"
        "            ((field.name, getattr(received, field.name)) for field in fields(received)))),\n"
        "            reason, detail, now())",
        f"{RECEIVE}::test_what_cannot_be_read_is_parked_raw_and_the_rest_goes_on",
    ),
    Mutation(
        "park", "go on although parking failed", "eventing/receive.py",
        "        await _within(deadline, lambda: self._spine.store.park(parked))\n",
        "        try:\n            await self._spine.store.park(parked)\n"
        "        except Transient:\n            pass\n",
        "tests/eventing/test_replay.py::test_f16_a_park_that_cannot_be_written_fails_the_batch_and_moves_nothing",
    ),
    Mutation(
        "park", "replay what was replayed before", "eventing/replay.py",
        '        if item.status != "parked":\n            return Ending(item.parked.id, "already", item.status)\n        try:',
        "        try:",
        "tests/eventing/test_replay.py::test_f29_the_same_message_replayed_twice_has_one_effect",
    ),
    Mutation(
        "park", "drop a damaged outbox row", "eventing/relay.py",
        "            await self._store.park(parked)\n", "",
        f"{SWEEP}::test_f09_a_damaged_outbox_row_is_set_aside_raw_and_the_others_go_on",
    ),
    Mutation(
        "claim check", "read another version than was announced", "eventing/files.py",
        "                    etag=f'\"{claim.etag}\"',\n                    match_condition=MatchConditions.IfNotModified,\n",
        "", "tests/eventing/test_outside.py::test_a_file_is_read_as_it_was_claimed_or_not_at_all", stack=True,
    ),
    Mutation(
        "claim check", "begin a file anew at each slice's end", "domains/conversions/partner_file.py",
        "        offset=read.offset,\n", "",
        "tests/faults/test_crash_points.py::test_a_story_without_faults_ends_as_it_should",
    ),
    Mutation(
        "claim check", "take the trigger for the guarantee", "domains/conversions/sweep.py",
        "                received = await self._noted(self.intake.receive(claim.name))\n"
        "                self.found += received is not None\n",
        "                continue\n",
        "tests/flow/test_file_sweep.py::test_each_run_looks_at_so_many_and_the_next_goes_on_behind_them",
    ),
    Mutation(
        "claim check", "take an outage for a poison blob", "domains/conversions/intake.py",
        "    except (Transient, Conflict) as error:\n"
        '        log.warning("a file is left to the sweep: %s", error)\n',
        "    finally:\n        pass\n",
        "tests/flow/test_file_sweep.py"
        "::test_what_a_trigger_cannot_do_now_is_left_to_the_sweep_and_is_no_poison",
    ),
    Mutation(
        "claim check", "let a sweep begin anew each time", "domains/conversions/sweep.py",
        "            await team.store.keep_mark(container, further)\n", "            pass\n",
        "tests/flow/test_file_sweep.py::test_each_run_looks_at_so_many_and_the_next_goes_on_behind_them",
    ),
    Mutation(
        "idempotent rules", "buy again for the same sale", "domains/customer/on_sale_confirmed.py",
        "if any(purchase.sale_id == sale.sale_id for purchase in known.purchases):", "if False:",
        f"{LAW}::test_a_message_told_again_changes_nothing_and_raises_nothing",
    ),
    Mutation(
        "idempotent rules", "believe an old word", "domains/conversions/on_product_updated.py",
        "if known and product.sequence <= known.sequence:", "if False:",
        f"{LAW}::test_a_message_told_again_changes_nothing_and_raises_nothing",
    ),
    Mutation(
        "idempotent rules", "give a timer's facts one id", "eventing/event.py",
        'apart = getattr(fact, fact.once) if hasattr(fact, "once") else ordinal', "apart = ordinal",
        f"{LAW}::test_a_timer_tells_each_fact_once_however_often_it_runs",
    ),
    Mutation(
        "codec", "read with our schema what another wrote", "eventing/codec.py",
        "record_reader(written.schema, schemas.reader(written.name))",
        "record_reader(schemas.reader(written.name), schemas.reader(written.name))",
        "tests/eventing/test_registry.py",
    ),
    Mutation(
        "codec", "take a body of another type", "eventing/codec.py",
        "        if name != event_type:\n", "        if False:\n",
        "tests/eventing/test_registry.py::test_f45_a_good_body_of_another_type_is_undecodable",
    ),
    Mutation(
        "codec", "take a registry that is down for an unknown id", "eventing/registry.py",
        "if error.status_code in (400, 404):\n                self._refuse",
        "if error.status_code:\n                self._refuse",
        "tests/eventing/test_registry.py",
    ),
    Mutation(
        "HTTP", "make a new id for a key told again", "eventing/idempotency.py",
        "    return uuid5(NAMESPACE, json.dumps([operation, *caller(req), key]))", "    return uuid4()",
        "tests/api/test_repeating.py::test_f93_the_same_key_and_body_make_one_account",
    ),
    Mutation(
        "HTTP", "share keys between callers", "eventing/idempotency.py",
        "[operation, *caller(req), key]", "[operation, key]", "tests/api/test_repeating.py",
    ),
    Mutation(
        "HTTP", "take no notice of If-Match", "eventing/handle.py",
        "if work.expects is not None and version not in work.expects:", "if False:",
        "tests/api/test_repeating.py::test_f98_a_stale_version_is_a_412_and_changes_nothing",
    ),
]  # fmt: skip


def survives(mutation: Mutation) -> bool:
    """Whether its test passes although the code is wrong."""
    path = ROOT / mutation.file
    text = path.read_text()
    if text.count(mutation.old) != 1:
        raise LookupError(f"{mutation.file} has not one {mutation.old!r}: {mutation.told}")
    try:
        path.write_text(text.replace(mutation.old, mutation.new))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "--timeout=60",
            "-p",
            "no:cacheprovider",
        ]
        run = subprocess.run(
            [*command, "-m", "stack" if mutation.stack else "not stack", mutation.test],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
    finally:
        path.write_text(text)
    if run.returncode not in (0, 1):
        raise LookupError(f"{mutation.test} cannot be run: {run.stdout.decode()[-2000:]}")
    return run.returncode == 0


def with_table(text: str) -> str:
    """README.md with the list as it is here."""
    rows = "".join(mutation.row for mutation in MUTATIONS)
    return TABLE.sub(lambda found: found[1] + rows, text)


def main(arguments: Sequence[str]) -> int:
    if "--table" in arguments:
        README.write_text(with_table(README.read_text()))
        return 0
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    if changed.stdout:
        print("error: there are changes; commit them first, for the code is changed and put back")
        return 2
    survivors = 0
    for mutation in MUTATIONS:
        if lives := survives(mutation):
            survivors += 1
        print(
            f"{'SURVIVES' if lives else 'killed'}: {mutation.mechanism}: {mutation.told}",
            flush=True,
        )
    print(f"{len(MUTATIONS)} mutations, {survivors} survive")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The law that makes at-least-once delivery exactly-once effect, for every rule there is.

The same message again, at once or late, changes nothing and raises nothing; and whatever order the
bus delivers in, reactions end in the same state.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventing.bus import ROOT
from eventing.decision import Rejected, State
from eventing.event import Cause, derived_id
from eventing.rows import from_state, to_state
from tests.rules.found import RULES, STATES, Found
from tests.rules.messages import START, addressed, numbered, pool, source


def of_state(state: type[State]) -> list[Found]:
    return [rule for rule in RULES if rule.state is state]


RULE_OF = {rule.message: rule for rule in RULES}


@dataclass
class World:
    """Aggregates of one kind, and what they raised."""

    states: dict[str, State] = field(default_factory=dict)
    raised: list[tuple[str, Any]] = field(default_factory=list)

    def tell(self, message: Any) -> bool:
        """Decide on a message; answers whether its rule took it."""
        rule = RULE_OF[type(message)]
        try:
            decision = rule.decide(self.states.get(message.key), message)
        except Rejected:
            return False
        if decision.state is not None:
            self.states[message.key] = decision.state
        # The message stands for its cause: told again, what it raises must have the same id.
        cause = Cause(repr(message), START, "")
        aggregate = f"{rule.state.kind}/{message.key}"
        self.raised += [
            (derived_id(cause, aggregate, fact, ordinal), fact)
            for ordinal, fact in enumerate(decision.events)
        ]
        return True

    @property
    def outcome(self) -> tuple[dict[str, State], Counter[tuple[str, Any]]]:
        return self.states, Counter(self.raised)


def told(history: list[Any]) -> World:
    world = World()
    for message in history:
        world.tell(message)
    return world


def taken_of(history: list[Any]) -> tuple[list[Any], World]:
    """What the rules took; what was refused at first may be taken later, and is no repetition.

    A command that changed nothing wrote nothing: no commit of it can be lost, and so nobody tells
    it again. An event may come again however it ended.
    """
    world, taken = World(), []
    for message in history:
        before = world.states.get(message.key)
        made = addressed(message, before)
        read = RULE_OF[type(made)].reads_event
        if world.tell(made) and (read or world.states.get(message.key) != before):
            taken.append(made)
    return taken, world


def history(rules: list[Found], chance: Random) -> list[Any]:
    """Messages of a few of the rules: many rules at once would seldom meet."""
    few = chance.sample(rules, chance.randint(1, min(4, len(rules))))
    size = chance.randint(2, 12)
    return numbered([chance.choice(pool(chance.choice(few).message)) for _ in range(size)])


def with_repeats(taken: list[Any], chance: Random) -> list[Any]:
    """The messages with some told again: at once, or late at any later place."""
    late = chance.random() < 0.7
    places = [(float(index), 0.0, message) for index, message in enumerate(taken)]
    for _ in range(chance.randint(1, 4) if taken else 0):
        index = chance.randrange(len(taken))
        can_be_late = late and not RULE_OF[type(taken[index])].is_timer
        place = chance.uniform(index, len(taken)) // 1 if can_be_late else float(index)
        places.append((place, chance.random(), taken[index]))
    return [message for _, _, message in sorted(places, key=lambda place: place[:2])]


# One example is a batch of histories: hypothesis takes longer to draw one than rules to decide it.
HISTORIES = 15
SEEDS = st.integers(0, 2**32)
REACTING = [state for state in STATES if any(rule.reads_event for rule in of_state(state))]
EVERY_STATE = pytest.mark.parametrize("state", STATES, ids=lambda state: str(state.kind))
EVERY_REACTING_STATE = pytest.mark.parametrize("state", REACTING, ids=lambda state: str(state.kind))


def test_no_rule_escapes_the_law() -> None:
    files = {path for path in ROOT.glob("domains/*/*.py") if "def decide(" in path.read_text()}
    assert {Path(str(rule.module.__file__)) for rule in RULES} == files
    assert len(RULE_OF) == len(RULES)


@EVERY_STATE
def test_every_rule_takes_some_of_the_messages_that_it_is_tried_with(state: type[State]) -> None:
    rules = of_state(state)
    every = numbered([message for rule in rules for message in pool(rule.message)])
    taken = set()
    for seed in range(10):
        world = World()
        history = Random(seed).sample(every, min(100, len(every)))
        taken |= {RULE_OF[type(message)].name for message in history if world.tell(message)}
    assert taken == {rule.name for rule in rules}


@EVERY_STATE
@given(seed=SEEDS)
def test_a_message_told_again_changes_nothing_and_raises_nothing(
    state: type[State], seed: int
) -> None:
    chance = Random(seed)
    for _ in range(HISTORIES):
        taken, once = taken_of(history(of_state(state), chance))
        again = World()
        for message in with_repeats(taken, chance):
            # A command that is told again late may be refused; an event would be parked.
            assert again.tell(message) or not RULE_OF[type(message)].is_reaction
        assert again.outcome == once.outcome, taken
        for kept in again.states.values():
            assert to_state(state, from_state(kept)) == kept


@EVERY_REACTING_STATE
@given(seed=SEEDS)
def test_reactions_end_in_the_same_state_in_any_order_that_the_bus_can_deliver(
    state: type[State], seed: int
) -> None:
    chance = Random(seed)
    commands = [rule for rule in of_state(state) if not rule.reads_event and not rule.is_timer]
    reactions = [rule for rule in of_state(state) if rule.reads_event]
    for _ in range(HISTORIES):
        before = history(commands, chance) if commands else []
        events = raisable(history(reactions, chance))
        first, second = told(before + events), told(before + delivered(events, chance))
        assert first.outcome == second.outcome, events


def raisable(events: list[Any]) -> list[Any]:
    """At most one event of a type by a source, unless its versions tell them apart."""
    seen = set()
    kept = []
    for event in events:
        mark = (event.type, source(event))
        if hasattr(event, "sequence") or mark not in seen:
            kept.append(event)
        seen.add(mark)
    return kept


def delivered(events: list[Any], order: Random) -> list[Any]:
    """Another order in which each source's events stay in theirs, some of them twice."""
    streams: dict[tuple[str, str], list[Any]] = {}
    for event in events:
        streams.setdefault(source(event), []).append(event)
    result: list[Any] = []
    while streams:
        chosen = order.choice(sorted(streams))
        result.append(streams[chosen].pop(0))
        if not streams[chosen]:
            del streams[chosen]
        if order.random() < 0.3:
            result.append(order.choice(result))
    return result


@given(seed=SEEDS)
def test_a_timer_tells_each_fact_once_however_often_it_runs(seed: int) -> None:
    chance = Random(seed)
    timers = [rule for rule in RULES if rule.is_timer]
    assert timers
    for rule in timers:
        messages = history(of_state(rule.state), chance)
        ticks = [chance.choice(pool(rule.message)) for _ in range(2)]
        world = told(messages + ticks + messages + ticks)
        told_by_timer = str(rule.module.__doc__).split("→")[1].split(",")[0].strip()
        own = [(name, fact) for name, fact in world.raised if fact.type == told_by_timer]
        assert len({fact for _, fact in own}) == len(own)
        # A tick that is decided again, for its commit was lost, may find more than at first.
        assert len({name for name, _ in own}) == len(own)
        assert all(hasattr(fact, "once") for _, fact in own)

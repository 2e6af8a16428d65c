"""Valid input, in parts, → input that is nearly valid: the same for the same seed and number."""

from collections.abc import Callable, Sequence
from random import Random

type Seed = tuple[bytes, ...]
"""A valid input as the parts it is made of: frames, lines, fields."""

_BYTES = (0x00, 0x01, 0x0A, 0x0D, 0x20, 0x22, 0x2C, 0x7F, 0x80, 0xBF, 0xC0, 0xD0, 0xF0, 0xFE, 0xFF)
_NUMBERS = tuple(
    number.to_bytes(width)
    for width in (2, 4, 8)
    for number in (0, 1, 0xFF, 0x7FFF, 2 ** (8 * width - 1) - 1, 2 ** (8 * width) - 1)
)
_LONGEST = 128 * 1024


def mutated(seeds: Sequence[Seed], tokens: Sequence[bytes], chance: Random) -> list[bytes]:
    """The parts of a seed after some changes."""
    parts = list(chance.choice(seeds))
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 6))):
        if not parts or chance.random() < 0.25:
            _rearrange(parts, chance.choice(seeds), chance)
        else:
            at = chance.randrange(len(parts))
            change = chance.choice(_CHANGES)
            parts[at] = change(parts[at], tokens, chance)[:_LONGEST]
    return parts


def _rearrange(parts: list[bytes], other: Seed, chance: Random) -> None:
    way = chance.randrange(5)
    at = chance.randrange(len(parts) + 1)
    if way == 0:
        del parts[at : at + 1]
    elif way == 1:
        parts.insert(at, chance.choice(other))
    elif way == 2:
        parts[at:at] = parts[at : at + 1] * chance.choice((1, 2, 40))
    elif way == 3:
        chance.shuffle(parts)
    else:
        del parts[at:]


def _flipped(data: bytes, _tokens: Sequence[bytes], chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return (
        data[:at]
        + bytes(byte ^ 1 << chance.randrange(8) for byte in data[at : at + 1])
        + (data[at + 1 :])
    )


def _set(data: bytes, _tokens: Sequence[bytes], chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes((chance.choice(_BYTES),)) + data[at + 1 :]


def _number(data: bytes, _tokens: Sequence[bytes], chance: Random) -> bytes:
    at, number = chance.randrange(len(data) + 1), chance.choice(_NUMBERS)
    return data[:at] + number + data[at + len(number) :]


def _token(data: bytes, tokens: Sequence[bytes], chance: Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(tokens) + data[at + chance.choice((0, 0, 1, 4)) :]


def _cut(data: bytes, _tokens: Sequence[bytes], chance: Random) -> bytes:
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice((data[:start], data[end:], data[:start] + data[end:]))


def _repeated(data: bytes, _tokens: Sequence[bytes], chance: Random) -> bytes:
    start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    piece = data[start:end][:64]
    return data[:start] + piece * chance.choice((2, 3, 30)) + data[end:]


def _random(_data: bytes, _tokens: Sequence[bytes], chance: Random) -> bytes:
    return chance.randbytes(chance.randrange(80))


_CHANGES: tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...] = (
    *(_flipped, _flipped, _set, _number, _token, _token, _cut, _repeated, _random),
)

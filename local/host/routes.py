"""ASP.NET route templates: `{id}`, `{id?}`, `{id=5}`, `{id:int}`, `{*rest}`, in any case."""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from local.host.config import ConfigurationError
from local.host.functions import Function

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
_LONG = 2**63
_PIECE = re.compile(
    r"\{(\*{0,2})([A-Za-z_][\w-]*)((?::(?:[^{}()?=]|\([^()]*\))+)?)(=[^{}?]*|\?)?\}"
)


def _integer(bits: int) -> Callable[[str], bool]:
    return lambda text: bool(re.fullmatch(r"[+-]?\d+", text)) and -bits <= int(text) < bits


def _number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.IGNORECASE))


def _guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


_PLAIN: Mapping[str, Callable[[str], bool]] = {
    "int": _integer(2**31),
    "long": _integer(_LONG),
    "bool": lambda text: text.lower() in ("true", "false"),
    "guid": _guid,
    "alpha": lambda text: bool(re.fullmatch(r"[A-Za-z]*", text)),
    "decimal": _number,
    "double": _number,
    "float": _number,
    "required": bool,
}


def _constraint(text: str) -> Callable[[str], bool]:
    name, _, rest = text.partition("(")
    argument = rest.removesuffix(")")
    if name in _PLAIN and not rest:
        return _PLAIN[name]
    if name == "regex":
        for doubled in "[]{}":  # a template doubles its own delimiters
            argument = argument.replace(doubled * 2, doubled)
        pattern = re.compile(argument, re.IGNORECASE)
        return lambda value: bool(pattern.search(value))
    bounds = [int(number) for number in argument.split(",")]
    low, high = bounds[0], bounds[-1]
    is_int = _integer(_LONG)
    checks: Mapping[str, Callable[[str], bool]] = {
        "length": lambda value: low <= len(value) <= high,
        "minlength": lambda value: len(value) >= low,
        "maxlength": lambda value: len(value) <= low,
        "min": lambda value: is_int(value) and int(value) >= low,
        "max": lambda value: is_int(value) and int(value) <= low,
        "range": lambda value: is_int(value) and low <= int(value) <= high,
    }
    return checks[name]


@dataclass(frozen=True, slots=True)
class Route:
    """A function's template, compiled; `rank` orders literal before parameter before the rest."""

    function: Function
    template: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    constraints: Mapping[str, tuple[Callable[[str], bool], ...]]
    defaults: Mapping[str, str]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Parameters of an undecoded path without leading slash, or None."""
        found = self.pattern.fullmatch(path)
        if not found:
            return None
        values = {name: unquote(text) for name, text in found.groupdict().items() if text}
        for name, checks in self.constraints.items():
            if name in values and not all(check(values[name]) for check in checks):
                return None
        return {**self.defaults, **values}


def compile_route(function: Function, prefix: str) -> Route:
    """The route of an HTTP function; an empty one is the function's name."""
    template = str(function.setting("route", "")).strip("/") or function.name
    if template.lower().startswith(("admin", "runtime")):
        raise ConfigurationError(
            f"{function.name}: route {template!r} starts with admin or runtime, which are reserved"
        )
    whole = "/".join(part for part in (prefix.strip("/"), template) if part)
    regex, rank = "", []
    constraints: dict[str, tuple[Callable[[str], bool], ...]] = {}
    defaults: dict[str, str] = {}
    for index, segment in enumerate(whole.split("/")):
        text, kind = _segment(function, segment, constraints, defaults)
        slash = "/" if index else ""
        optional = kind >= 4 or text.endswith("?")
        regex += f"(?:{slash}{text.removesuffix('?')})?" if optional else slash + text
        rank.append(kind)
    methods = function.setting("methods") or METHODS
    return Route(
        function,
        whole,
        frozenset(str(method).upper() for method in methods),
        re.compile(regex + "/?", re.IGNORECASE | re.DOTALL),
        constraints,
        defaults,
        tuple(rank),
    )


def _segment(
    function: Function,
    segment: str,
    constraints: dict[str, tuple[Callable[[str], bool], ...]],
    defaults: dict[str, str],
) -> tuple[str, int]:
    """Regular expression and rank of one segment; an optional one ends with `?`."""
    regex, at, rank, optional = "", 0, 0, False
    for piece in _PIECE.finditer(segment):
        star, name, checks, tail = piece.groups()
        regex += re.escape(unquote(segment[at : piece.start()]))
        regex += f"(?P<{name}>{'.*' if star else '[^/]+'})"
        at = piece.end()
        try:
            found = re.findall(r":((?:[^:()]|\([^()]*\))+)", checks)
            constraints[name] = tuple(_constraint(text) for text in found)
        except (KeyError, ValueError, re.error) as error:
            raise ConfigurationError(
                f"{function.name}: route constraint {checks!r} of {name} is unknown or wrong"
            ) from error
        if tail and tail.startswith("="):
            defaults[name] = tail[1:]
        optional = bool(tail)
        rank = max(rank, 4 if star else 2 if checks else 3)
    rest = segment[at:]
    if "{" in rest or "}" in rest:
        raise ConfigurationError(f"{function.name}: route segment {segment!r} cannot be read")
    return regex + re.escape(rest) + ("?" if optional and rank != 4 else ""), rank


def find(routes: Iterable[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The best route: the method is a constraint, so a wrong one is no route at all."""
    for route in sorted(routes, key=lambda route: route.rank):
        if method in route.methods and (values := route.match(path)) is not None:
            return route, values
    return None

"""Pairs of Avro schemas that are nearly the same, and data that goes through all of a schema."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from local.contracts import records

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
SAMPLES: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "int": 7,
    "long": 9,
    "float": 0.5,
    "double": 0.25,
    "bytes": b"a",
    "string": "b",
}
DEFAULTS: dict[str, Any] = {**SAMPLES, "bytes": "a"}
FIELDS = ("a", "b", "c")
SYMBOLS = ("X", "Y", "Z")
NAMED = {"record": ("R", "S", "T"), "enum": ("E", "F"), "fixed": ("G", "H")}

type Draw = Callable[[st.SearchStrategy[Any]], Any]


class _Maker:
    """Draws one schema, whose names are defined once each; few names, so that pairs meet."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._defined: dict[str, Any] = {}
        # A record that must hold itself has no value: references are to finished types only.
        self._finished: list[str] = []

    def any_type(self, depth: int, *, in_union: bool = False) -> Any:
        kinds = ["primitive", "primitive", "enum", "fixed", "reference"]
        if depth > 0:
            kinds += ["record", "array", "map"] + ([] if in_union else ["union", "union"])
        return self.of_kind(self._draw(st.sampled_from(kinds)), depth)

    def of_kind(self, kind: str, depth: int) -> Any:
        if kind == "reference" and self._finished:
            return self._draw(st.sampled_from(self._finished))
        if kind == "array":
            return {"type": "array", "items": self.any_type(depth - 1)}
        if kind == "map":
            return {"type": "map", "values": self.any_type(depth - 1)}
        if kind == "union":
            return self.union([self.any_type(0, in_union=True) for _ in range(self._few(1))])
        free = [name for name in NAMED.get(kind, ()) if name not in self._defined]
        if not free:
            return self._draw(st.sampled_from(PRIMITIVES))
        return self.named(kind, self._draw(st.sampled_from(free)), depth)

    def named(self, kind: str, name: str, depth: int) -> Any:
        made: dict[str, Any] = {"type": kind, "name": name}
        self._defined[name] = made
        if self._rarely():
            made["aliases"] = [self._draw(st.sampled_from(NAMED[kind]))]
        if kind == "fixed":
            made["size"] = self._draw(st.sampled_from((1, 2)))
        elif kind == "enum":
            made["symbols"] = self._draw(st.permutations(SYMBOLS))[: self._few(1)]
            if self._rarely():
                made["default"] = made["symbols"][0]
        else:
            names = self._draw(st.permutations(FIELDS))[: self._few(1)]
            made["fields"] = [self.field(field, self.any_type(depth - 1)) for field in names]
            if self._rarely():
                made["fields"].append({"name": "again", "type": ["null", name]})
        self._finished.append(name)
        return made

    def field(self, name: str, type_: Any) -> Any:
        made: dict[str, Any] = {"name": name, "type": type_}
        first = type_[0] if isinstance(type_, list) else type_
        if isinstance(first, str) and first in DEFAULTS and self._draw(st.booleans()):
            made["default"] = DEFAULTS[first]
        if self._rarely():
            made["aliases"] = [self._draw(st.sampled_from(FIELDS))]
        return made

    def changed(self, type_: Any, depth: int) -> Any:
        """The same type, with something in it perhaps replaced."""
        if self._rarely():
            return self.any_type(depth)
        if isinstance(type_, list):
            branches = [self.changed(branch, 0) for branch in self._draw(st.permutations(type_))]
            return self.union(branches)
        if isinstance(type_, str):
            known = type_ in PRIMITIVES or type_ in self._defined
            return type_ if known else self.any_type(depth)
        if type_["type"] == "array":
            return {"type": "array", "items": self.changed(type_["items"], depth - 1)}
        if type_["type"] == "map":
            return {"type": "map", "values": self.changed(type_["values"], depth - 1)}
        if type_["name"] in self._defined:
            return type_["name"]
        if type_["type"] == "record":
            return self._changed_record(type_, depth)
        return self.named(type_["type"], type_["name"], depth)

    def _changed_record(self, type_: Any, depth: int) -> Any:
        made: dict[str, Any] = {"type": "record", "name": type_["name"], "fields": []}
        self._defined[type_["name"]] = made
        for field in type_["fields"]:
            if not self._rarely():
                changed = self.changed(field["type"], depth - 1)
                made["fields"].append(self.field(field["name"], changed))
        taken = {field["name"] for field in made["fields"]}
        free = [name for name in FIELDS if name not in taken]
        if free and self._rarely():
            made["fields"].append(self.field(free[0], self.any_type(depth - 1)))
        self._finished.append(type_["name"])
        return made

    def union(self, types: list[Any]) -> Any:
        """A union of those that may be together in one."""
        kinds: dict[str, Any] = {}
        for type_ in types:
            if not isinstance(type_, list):
                kinds.setdefault(_kind(type_), type_)
        return list(kinds.values()) or ["null"]

    def _few(self, least: int) -> int:
        return int(self._draw(st.integers(least, 3)))

    def _rarely(self) -> bool:
        return bool(self._draw(st.integers(0, 5)) == 0)


@st.composite
def pairs(draw: Draw) -> tuple[Any, Any]:
    """A record schema and a changed one, both as JSON."""
    writer = _Maker(draw).named("record", "R", 2)
    return writer, _Maker(draw).changed(writer, 2)


def samples(schema: Any) -> list[Any]:
    """Values that together go through every branch, every symbol and every item of a schema."""
    return records.samples(schema, {name: [value] for name, value in SAMPLES.items()})


def _kind(type_: Any) -> str:
    if isinstance(type_, str):
        return type_
    return str(type_.get("name", type_["type"]))

"""The message module the runtime is given instead of protobuf's: plain records it reads and fills.

The runtime touches attributes only, so records are enough; unknown names fail as protobuf would.
"""

from typing import Any


class Record:
    """Keyword arguments become attributes."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.__dict__!r})"


class TypedData:
    """At most one value under one kind: `TypedData(json="{}")`, or `TypedData()` for nothing."""

    __slots__ = ("_kind", "_value")

    KINDS = frozenset(
        (
            *("http", "string", "bytes", "json", "int", "double", "stream"),
            *("collection_bytes", "collection_string", "collection_sint64", "collection_double"),
            *("model_binding_data", "collection_model_binding_data"),
        )
    )

    def __init__(self, **one: Any) -> None:
        if len(one) > 1 or not one.keys() <= self.KINDS:
            raise ValueError(f"typed data holds one known kind, not {sorted(one)}")
        self._kind: str | None = next(iter(one), None)
        self._value: Any = one[self._kind] if self._kind else None

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's name
        return self._kind

    def __getattr__(self, name: str) -> Any:
        if name == self._kind:
            return self._value
        raise AttributeError(name)

    def __repr__(self) -> str:
        return f"TypedData({self._kind}={self._value!r})"


class ParameterBinding(Record):
    """One named argument in either direction."""

    name: str
    data: TypedData

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's name
        return "data"


class BindingInfo(Record):
    """Direction numbers as in FunctionRpc.proto; `in` is a keyword, hence setattr below."""

    out = 1
    inout = 2
    undefined = 0


setattr(BindingInfo, "in", 0)


class StatusResult(Record):
    """How an initialisation or an invocation ended."""

    Failure = 0
    Success = 1
    status: int
    exception: Any = None


class RpcException(Record):
    """What a failed invocation leaves; the retry context hands it to the next attempt."""

    message: str = ""
    stack_trace: str = ""
    source: str = ""


class SameSite:
    """Set-Cookie's SameSite; the runtime also asks for the member named None."""

    Lax = "Lax"
    Strict = "Strict"
    ExplicitNone = "None"


setattr(SameSite, "None", None)


class Timestamp(Record):
    """Seconds since the epoch."""

    seconds: int = 0

    def FromSeconds(self, seconds: int) -> None:  # noqa: N802 - protobuf's name
        self.seconds = seconds


class RpcHttpCookie(Record):
    """One Set-Cookie."""

    SameSite = SameSite


class RpcHttp(Record):
    """A request or a response."""


class RpcFunctionMetadata(Record):
    """One indexed function."""


class RpcRetryOptions(Record):
    """A function's retry policy as declared; not yet validated."""


class WorkerInitResponse(Record):
    """Carries the outcome of indexing."""


class WorkerMetadata(Record):
    """Versions of the runtime."""


class FunctionMetadataResponse(Record):
    """The indexed functions."""


class FunctionLoadResponse(Record):
    """An echo."""


class InvocationResponse(Record):
    """What an invocation returned."""

    return_value: Any = None
    output_data: Any = ()


class NullableString(Record):
    """A text or nothing."""


class NullableBool(Record):
    """A flag or nothing."""


class NullableDouble(Record):
    """A number or nothing."""


class NullableTimestamp(Record):
    """A time or nothing."""


class Collection(Record):
    """The lists inside typed data: `.bytes`, `.string` or `.sint64`."""

"""What the runtime indexed, as the listeners need it; what this host cannot run is refused here."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local.host.config import ConfigurationError
from local.host.retry import RetryPolicy, policy_of

TRIGGERS = ("httptrigger", "timertrigger", "blobtrigger", "queuetrigger", "eventhubtrigger")
RETRYABLE = ("timertrigger", "eventhubtrigger")


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its trigger's kind (lower case), argument and the binding's settings."""

    name: str
    function_id: str
    kind: str
    argument: str
    binding: Mapping[str, Any]
    retry: RetryPolicy | None
    is_async: bool
    disabled: bool = False

    def setting(self, name: str, default: Any = None) -> Any:
        """A binding's setting; absent and None are the same."""
        value = self.binding.get(name)
        return default if value is None else value

    @property
    def deferred(self) -> bool:
        """Whether the argument is an SDK type, which takes a reference instead of the bytes."""
        flag = self.binding.get("properties", {}).get("SupportsDeferredBinding")
        return str(flag).lower() == "true"


def describe(metadata: Iterable[Any], is_async: Mapping[str, bool]) -> list[Function]:
    """Functions from `RpcFunctionMetadata` records; ConfigurationError for what cannot run."""
    return [_function(record, is_async.get(record.name, True)) for record in metadata]


def _function(record: Any, is_async: bool) -> Function:
    bindings = [json.loads(raw) for raw in record.raw_bindings]
    triggers = [b for b in bindings if str(b["type"]).lower().endswith("trigger")]
    if len(triggers) != 1:
        raise ConfigurationError(f"{record.name} has {len(triggers)} triggers; it needs one")
    trigger = triggers[0]
    kind = str(trigger["type"]).lower()
    if kind not in TRIGGERS:
        raise ConfigurationError(
            f"{record.name}: this host runs no {trigger['type']}; it knows {', '.join(TRIGGERS)}"
        )
    for other in bindings:
        if other is not trigger and not (kind == "httptrigger" and other["type"] == "http"):
            raise ConfigurationError(
                f"{record.name}: this host has no {other['type']} binding ({other['name']});"
                " use the service's SDK in the function"
            )
    retry = policy_of(record.name, record.retry_options)
    if retry and kind not in RETRYABLE:
        raise ConfigurationError(
            f"{record.name}: a retry policy works on Event Hub and timer triggers only,"
            f" not on {trigger['type']}"
        )
    return Function(
        record.name, record.function_id, kind, str(trigger["name"]), trigger, retry, is_async
    )

"""Keys and authorization levels. Keys are made on first start and kept in a file of mode 600."""

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from local.host.config import ConfigurationError


class Level(IntEnum):
    """What a caller may do."""

    ANONYMOUS = 0
    FUNCTION = 1
    SYSTEM = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Keys:
    """The host's keys; `enforced` is False with --no-auth, and then everyone is admin."""

    master: str
    host: Mapping[str, str]
    system: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    enforced: bool = True

    def level(self, key: str | None, function: str | None = None) -> Level:
        """The level a key grants, for one function or for the host."""
        if not self.enforced:
            return Level.ADMIN
        if not key:
            return Level.ANONYMOUS
        if _same(key, [self.master]):
            return Level.ADMIN
        if _same(key, self.system.values()):
            return Level.SYSTEM
        own = self.functions.get((function or "").lower(), {})
        if _same(key, [*self.host.values(), *own.values()]):
            return Level.FUNCTION
        return Level.ANONYMOUS


def _same(key: str, candidates: Any) -> bool:
    return any(hmac.compare_digest(key.encode(), known.encode()) for known in candidates)


def required(auth_level: str) -> Level:
    """The level a route asks for; the trigger's default is FUNCTION."""
    return {"ANONYMOUS": Level.ANONYMOUS, "ADMIN": Level.ADMIN}.get(
        auth_level.upper(), Level.FUNCTION
    )


def load_keys(path: Path, environ: Mapping[str, str], enforced: bool) -> Keys:
    """Keys of a file, made if absent.

    `LOCAL_HOST_MASTER_KEY` and `LOCAL_HOST_FUNCTION_KEY` win; with both set no file is used.
    """
    master = environ.get("LOCAL_HOST_MASTER_KEY")
    shared = environ.get("LOCAL_HOST_FUNCTION_KEY")
    if not enforced or (master and shared):
        return Keys(master or "", {"default": shared or ""}, enforced=enforced)
    document = _read(path) if path.exists() else _create(path)
    try:
        return Keys(
            master or document["masterKey"],
            {**document["functionKeys"], **({"default": shared} if shared else {})},
            document.get("systemKeys", {}),
            {name.lower(): keys for name, keys in document.get("functions", {}).items()},
        )
    except (KeyError, AttributeError, TypeError) as error:
        raise ConfigurationError(
            f"{path} lacks {error}; remove it to have new keys made"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON; remove it to have new keys made") from error
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path} is no object; remove it to have new keys made")
    return document


def _create(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = {
        "masterKey": secrets.token_urlsafe(32),
        "functionKeys": {"default": secrets.token_urlsafe(32)},
        "systemKeys": {},
        "functions": {},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(document, file, indent=2)
    return document

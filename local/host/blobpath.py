"""Patterns of blob triggers: `container/{partner}/{name}.csv`."""

import re
from dataclasses import dataclass

from local.host.config import ConfigurationError

ANY = "_any_"
"""The parameter that stands for the whole name when a path is a container only."""


@dataclass(frozen=True, slots=True)
class BlobPath:
    """A literal container and a pattern over the blob's whole name."""

    container: str
    pattern: re.Pattern[str]

    def match(self, blob: str) -> dict[str, str] | None:
        """The values of the path's parameters, or None when the name does not fit."""
        found = self.pattern.fullmatch(blob)
        if not found:
            return None
        return {name: text for name, text in found.groupdict().items() if name != ANY}


def parse(path: str, function: str) -> BlobPath:
    """A path as written on the trigger; a bare container means every blob in it.

    A parameter may contain `/` and is greedy from the left: `{name}.csv` of `a.b.csv` is `a.b`.
    """
    container, _, rest = path.strip("/").partition("/")
    if not container or "{" in container:
        raise ConfigurationError(f"{function}: blob path {path!r} needs a literal container")
    pieces = re.split(r"\{([A-Za-z_]\w*)\}", rest or f"{{{ANY}}}")
    regex = ""
    for index, piece in enumerate(pieces):
        regex += re.escape(piece) if index % 2 == 0 else f"(?P<{piece}>.+)"
    if "{" in "".join(pieces[::2]) or len(set(pieces[1::2])) < len(pieces[1::2]):
        raise ConfigurationError(f"{function}: blob path {path!r} has a bad or repeated parameter")
    names = re.compile(regex, re.DOTALL)
    return BlobPath(container, names)

"""Versions as ETags; If-Match and If-None-Match as the versions that a caller expects."""

import re
from collections.abc import Container, Mapping

from eventing.problem import Problem

ANY = range(1, 2**63)
NONE = range(1)
_LIST = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"(?: *, *(?:W/)?"[\x21\x23-\x7e]*")*')
_STRONG = re.compile(r'(?<!W/)"([0-9]{1,18})"')
_EITHER = re.compile(r'"([0-9]{1,18})"')


def tag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def expected(headers: Mapping[str, str]) -> Container[int] | None:
    """The versions that a command may meet; None for any. Version 0 is what is not there.

    Raises Problem 400 for a header that is none, and for one whose meaning a command has not.
    """
    match, none_match = _of(headers, "if-match"), _of(headers, "if-none-match")
    if none_match is not None:
        if none_match != "*" or match is not None:
            detail = "a command takes If-None-Match only as *, and without If-Match"
            raise Problem(400, "malformed_header", detail)
        return NONE
    if match is None:
        return None
    return ANY if match == "*" else {int(each) for each in _STRONG.findall(match)}


def seen(headers: Mapping[str, str], version: int) -> bool:
    """Whether the caller of a GET has this version. Raises Problem 400."""
    known = _of(headers, "if-none-match") or ""
    return known == "*" or str(version) in _EITHER.findall(known)


def _of(headers: Mapping[str, str], name: str) -> str | None:
    text = headers.get(name)
    if text is None:
        return None
    text = text.strip()
    if text != "*" and not _LIST.fullmatch(text):
        raise Problem(400, "malformed_header", f"{name} is * or a list of quoted ETags")
    return text

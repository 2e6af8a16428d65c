"""The API on real servers: held to its document by schemathesis, and to callers who hang up."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.stack import Stack
from tests.api.door import PERSON

pytestmark = pytest.mark.stack

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def asked(stack: Stack, method: str, path: str) -> tuple[int, Any]:
    request = urllib.request.Request(f"{stack.host_url}/api/{path}", method=method)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, None


@pytest.mark.timeout(620)
def test_no_request_that_the_document_allows_or_nearly_breaks_it(
    stack: Stack, tmp_path: Path
) -> None:
    command = [str(Path(sys.executable).with_name("schemathesis")), "run"]
    command += [f"{stack.host_url}/api/openapi.json", "--checks", ",".join(CHECKS)]
    command += ["--phases", "examples,coverage,fuzzing", "--max-examples", "2"]
    command += ["--generation-deterministic", "--suppress-health-check", "all", "--no-color"]
    # In a directory of its own, since it remembers failures in the one where it runs.
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "test cases" in done.stdout.lower()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", "nothing"), ("PATCH", "accounts"), ("DELETE", "products/a")),
        *(("GET", ""), ("POST", "openapi.json"), ("GET", "accounts/a/b")),
    ],
)
def test_an_unknown_route_or_method_is_a_404(stack: Stack, method: str, path: str) -> None:
    assert asked(stack, method, path)[0] == 404


@pytest.mark.parametrize("path", ["accounts/%0A", "products/a%2Fb", "products/%00", "leads/%FF"])
def test_f92_an_odd_id_reaches_the_app_and_names_nothing(stack: Stack, path: str) -> None:
    request = urllib.request.Request(f"{stack.host_url}/api/{path}")  # noqa: S310 - our own
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)  # noqa: S310 - our own
    with refused.value as answer:
        assert answer.code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_f97_who_hangs_up_at_once_still_gets_an_account_and_its_contact(stack: Stack) -> None:
    key = f"hung-up-{time.time_ns()}"
    body = json.dumps(PERSON).encode()
    host = urlsplit(stack.host_url)
    with socket.create_connection((str(host.hostname), host.port or 80)) as connection:
        head = f"POST /api/accounts HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {key}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    again = urllib.request.Request(f"{stack.host_url}/api/accounts", body, headers)  # noqa: S310 - our own
    with urllib.request.urlopen(again) as answer:  # noqa: S310 - our own
        account = json.loads(answer.read())["account_id"]
    end = time.monotonic() + 60
    while asked(stack, "GET", f"contacts/{account}")[0] != 200:
        assert time.monotonic() < end, "the event of the account did not come"
        time.sleep(0.2)

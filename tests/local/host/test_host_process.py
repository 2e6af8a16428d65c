"""The host as a process on real Azurite: HTTP, keys, blobs, queues, timers, start and stop."""

import http.client
import json
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import (
    QueueClient,
    QueueMessage,
    QueueServiceClient,
    TextBase64DecodePolicy,
    TextBase64EncodePolicy,
)

from local.ports import free_ports
from tests.local.host import servers
from tests.local.host.servers import RunningHost, eventually

pytestmark = pytest.mark.stack

APPS = Path(__file__).parent


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.azurite(tmp_path_factory.mktemp("azurite")) as connection:
        with BlobServiceClient.from_connection_string(connection) as blobs:
            blobs.create_container("inbox").close()
        with QueueServiceClient.from_connection_string(connection) as queues:
            queues.create_queue("orders").close()
            deadly(queues)
        yield connection


def deadly(queues: QueueServiceClient) -> None:
    """A message that five hosts have taken, none of which lived to say what became of it."""
    with queues.get_queue_client("orders") as queue:
        queue.send_message(b64encode(b"deadly").decode())
        for _ in range(5):
            [taken] = queue.receive_messages()
            queue.update_message(taken, visibility_timeout=0)


def settings(connection: str, **more: str) -> dict[str, str]:
    return {
        "AzureWebJobsStorage": connection,
        "FILES": connection,
        "EVERY": "*/1 * * * * *",
        "LOCAL_HOST_BLOB_POLL_SECONDS": "0.2",
        **more,
    }


@pytest.fixture(scope="module")
def web(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    record = tmp_path_factory.mktemp("record") / "record.jsonl"
    with servers.host(APPS / "app_web", record, settings(storage)) as running:
        running.wait_ready()
        yield running
        assert running.stop() == 0


def test_a_request_reaches_the_function_as_the_real_host_sends_it(web: RunningHost) -> None:
    answer = web.call("POST", "/api/echo/5?x=&y=1&y=2", b"body", {"X-Upper": "Value"})
    seen = json.loads(answer.body)
    assert (answer.status, answer.headers["x-answer"]) == (201, "1")
    assert answer.headers["Set-Cookie"] == "a=b; Path=/"
    assert (seen["params"], seen["query"], seen["body"]) == ({"id": "5"}, {"y": "1,2"}, "body")
    assert seen["headers"]["x-upper"] == "Value"
    line = eventually(lambda: web.logged(f"echo {seen['invocation']} ok"))
    assert "POST /api/echo/5" in line[0]
    assert web.logged(f"[echo {seen['invocation']}] an app line")


def test_a_chunked_body_arrives_empty(web: RunningHost) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    connection.request("POST", "/api/echo", iter([b"some", b"thing"]), encode_chunked=True)
    assert json.loads(connection.getresponse().read())["body"] == ""
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "key", "status"),
    [
        ("GET", "/", None, 200),
        ("GET", "/api/nothing", None, 404),
        ("PUT", "/api/echo", None, 404),
        ("GET", "/api/echo/x", None, 404),
        ("GET", "/api/text", None, 401),
        ("GET", "/api/text", "wrong", 401),
        ("GET", "/api/text", "shared", 200),
        ("GET", "/api/text?code=shared", None, 200),
        ("GET", "/api/slow", "shared", 401),
        ("GET", "/api/slow", "master", 200),
        ("GET", "/api/broken", None, 500),
        ("GET", "/api/sync", None, 202),
        ("GET", "/admin/host/ping", None, 200),
        ("GET", "/admin/host/status", "shared", 401),
        ("GET", "/admin/host/status", "master", 200),
        ("GET", "/admin/functions/echo", "master", 200),
        ("GET", "/admin/functions/echo/status", "master", 200),
        ("GET", "/admin/functions/none", "master", 404),
        ("POST", "/admin/functions/tick", "master", 400),
    ],
)
def test_a_request_is_answered(
    web: RunningHost, method: str, path: str, key: str | None, status: int
) -> None:
    answer = web.call(method, path, headers={"x-functions-key": key} if key else None)
    assert answer.status == status
    if status in (401, 404, 500):
        assert answer.body == ""


def test_a_function_is_started_by_hand(web: RunningHost) -> None:
    headers = {"x-functions-key": "master"}
    answer = web.call("POST", "/admin/functions/on_message", b'{"input": "by hand"}', headers)
    assert answer.status == 202


def test_a_blob_is_seen_once_and_again_when_written_again(web: RunningHost, storage: str) -> None:
    with BlobServiceClient.from_connection_string(storage) as blobs:
        blob = blobs.get_blob_client("inbox", "acme/deep/one.two.csv")
        blobs.get_blob_client("inbox", "acme/other.txt").upload_blob(b"not matched")
        blob.upload_blob(b"first")
        eventually(lambda: texts(web, "acme/deep") == ["first"])
        blob.upload_blob(b"second", overwrite=True)
        eventually(lambda: texts(web, "acme/deep") == ["first", "second"])
    assert not [r for r in web.records("on_blob") if "other" in str(r["name"])]


def texts(web: RunningHost, path: str) -> list[object]:
    return [r["text"] for r in web.records("on_blob") if path in str(r["name"])]


def memory(host: RunningHost) -> int:
    """MiB that the process holds."""
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(host.process.pid)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(told.stdout) // 1024


def test_a_blob_taken_by_reference_is_named_to_the_function_and_not_read(
    web: RunningHost, storage: str
) -> None:
    held = [memory(web)]
    with BlobServiceClient.from_connection_string(storage) as blobs:
        blobs.create_container("large").close()
        with blobs.get_blob_client("large", "a/b.csv") as blob:
            blob.upload_blob(bytes(128 * 1024 * 1024))

    def seen() -> list[dict[str, object]]:
        held.append(memory(web))
        return web.records("on_large_blob")

    (told,) = eventually(seen)
    assert told == {"f": "on_large_blob", "container": "large", "name": "a/b.csv"}
    assert max(held) < held[0] + 64


def waiting(queue: QueueClient) -> list[QueueMessage]:
    """What waits in a queue; nothing while it is not there yet."""
    try:
        return list(queue.peek_messages(max_messages=32))
    except ResourceNotFoundError:
        return []


def test_a_blob_that_fails_five_times_is_poisoned(web: RunningHost, storage: str) -> None:
    with (
        BlobServiceClient.from_connection_string(storage) as blobs,
        QueueServiceClient.from_connection_string(storage) as queues,
    ):
        blobs.get_blob_client("inbox", "bad/x.csv").upload_blob(b"poison")
        eventually(lambda: web.logged("moves to webjobs-blobtrigger-poison"))
        with queues.get_queue_client(
            "webjobs-blobtrigger-poison", message_encode_policy=TextBase64EncodePolicy()
        ) as queue:
            eventually(partial(waiting, queue))
    assert len(texts(web, "bad/")) == 5


def given_up(queues: QueueServiceClient, body: str) -> None:
    """Wait until the queue's poison queue holds a message."""
    with queues.get_queue_client(
        "orders-poison", message_decode_policy=TextBase64DecodePolicy()
    ) as queue:
        eventually(lambda: body in [each.content for each in waiting(queue)])


def test_a_queue_message_is_delivered_and_a_bad_one_poisoned(
    web: RunningHost, storage: str
) -> None:
    with QueueServiceClient.from_connection_string(storage) as queues:
        with queues.get_queue_client(
            "orders", message_encode_policy=TextBase64EncodePolicy()
        ) as queue:
            queue.send_message("good")
            queue.send_message("poison")
        given_up(queues, "poison")
    counts = [r["count"] for r in web.records("on_message") if r["body"] == "poison"]
    assert counts == [1, 2, 3, 4, 5]
    assert [r["count"] for r in web.records("on_message") if r["body"] == "good"] == [1]


def test_a_message_that_ended_five_hosts_is_given_to_no_sixth(
    web: RunningHost, storage: str
) -> None:
    with QueueServiceClient.from_connection_string(storage) as queues:
        given_up(queues, "deadly")
    assert "deadly" not in [each["body"] for each in web.records("on_message")]


def test_a_timer_runs_at_start_and_on_schedule(web: RunningHost) -> None:
    eventually(lambda: len(web.records("tick")) >= 3)


def ticked(host: RunningHost, times: int) -> bool:
    return len(host.records("tick")) >= times


def test_a_restarted_host_does_not_run_a_seen_blob_again(storage: str, tmp_path: Path) -> None:
    with BlobServiceClient.from_connection_string(storage) as blobs:
        blobs.get_blob_client("inbox", "once/x.csv").upload_blob(b"once")
    own = settings(storage, AzureFunctionsWebHost__hostid="restarted")
    for _ in range(2):
        with servers.host(APPS / "app_web", tmp_path / "r", own) as running:
            running.wait_ready()
            eventually(partial(texts, running, "once/"))
            eventually(partial(ticked, running, len(running.records("tick")) + 2))
            assert running.stop() == 0
    assert texts(running, "once/") == ["once"]


def test_a_running_request_ends_before_the_host_does(storage: str, tmp_path: Path) -> None:
    with servers.host(APPS / "app_web", tmp_path / "r", settings(storage)) as running:
        running.wait_ready()
        answers: list[int] = []
        headers = {"x-functions-key": "master"}
        call = threading.Thread(
            target=lambda: answers.append(running.call("GET", "/api/slow", headers=headers).status)
        )
        call.start()
        call.join(0.5)
        assert running.stop() == 0
        call.join()
    assert answers == [200]


def test_a_taken_port_is_named_with_the_option_that_moves_it(
    web: RunningHost, storage: str, tmp_path: Path
) -> None:
    options = ("--port", str(web.port))
    with servers.host(APPS / "app_web", tmp_path / "r", settings(storage), *options) as running:
        assert running.process.wait(20) == 98
    assert running.logged(f"port {web.port} is taken; choose another with --port")


def test_every_missing_setting_is_named_and_the_host_exits_with_2(tmp_path: Path) -> None:
    with servers.host(APPS / "app_web", tmp_path / "r", {}) as running:
        assert running.process.wait(20) == 2
    line = running.logged("missing or wrong settings")[0]
    for name in ("Storage", "FILES", "EVERY"):
        assert name in line


def test_an_app_that_does_not_index_ends_the_host_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "function_app.py").write_text("raise ValueError('half an app')\n")
    with servers.host(tmp_path, tmp_path / "r", {}) as running:
        assert running.process.wait(20) == 1
    assert running.logged("the app does not index: ValueError: half an app")


def test_a_host_waits_for_storage_and_says_so(tmp_path: Path) -> None:
    [port] = free_ports(1)
    endpoints = "".join(
        f"{name}Endpoint=http://127.0.0.1:{port}/{servers.ACCOUNT};"
        for name in ("Blob", "Queue", "Table")
    )
    unreachable = f"AccountName={servers.ACCOUNT};AccountKey={servers.KEY};{endpoints}"
    with servers.host(APPS / "app_web", tmp_path / "r", settings(unreachable)) as running:
        eventually(lambda: running.logged("waiting for storage at"), 20)
        assert running.out == []
        assert running.stop() == 0

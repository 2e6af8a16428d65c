"""functionTimeout: an asynchronous function is cancelled, a synchronous one costs the process."""

from pathlib import Path

import pytest

from tests.local.host import servers

pytestmark = pytest.mark.stack

APP = """
import asyncio, time
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


@app.route("patient")
async def patient(req: func.HttpRequest) -> str:
    await asyncio.sleep(60)
    return ""


@app.route("blocking")
def blocking(req: func.HttpRequest) -> str:
    time.sleep(60)
    return ""
"""


def test_a_function_over_its_time_fails_and_a_stuck_one_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "host.json").write_text('{"version": "2.0", "functionTimeout": "00:00:01"}')
    (tmp_path / "function_app.py").write_text(APP)
    with servers.host(tmp_path, tmp_path / "r", {}) as running:
        running.wait_ready()
        assert running.call("GET", "/api/patient").status == 500
        assert running.process.poll() is None
        assert running.call("GET", "/api/blocking").status == 500
        assert running.process.wait(20) == 70
    assert len(running.logged("timed out after 1 s (functionTimeout)")) == 2

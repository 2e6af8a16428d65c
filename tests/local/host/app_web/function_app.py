"""HTTP, timer, blob and queue functions; what arrives goes as JSON lines to the file RECORD."""

import asyncio
import json
import logging
import os
import typing
from pathlib import Path

import azure.functions as func
from azurefunctions.extensions.bindings.blob import BlobClient as BlobReference

app = func.FunctionApp()
log = logging.getLogger("test-app")


def record(**what: typing.Any) -> None:
    with Path(os.environ["RECORD"]).open("a") as file:
        file.write(json.dumps(what, default=str) + "\n")


@app.route("echo/{id:int?}", methods=["POST", "GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    log.info("an app line")
    seen = {
        "method": req.method,
        "params": dict(req.route_params),
        "query": dict(req.params),
        "headers": dict(req.headers),
        "body": req.get_body().decode(),
        "invocation": context.invocation_id,
    }
    headers = {"x-answer": "1", "set-cookie": "a=b; Path=/"}
    return func.HttpResponse(json.dumps(seen), status_code=201, headers=headers)


@app.route("text")
async def text(req: func.HttpRequest) -> str:
    return "plain"


@app.route("broken", auth_level=func.AuthLevel.ANONYMOUS)
async def broken(req: func.HttpRequest) -> func.HttpResponse:
    raise ValueError("broken on purpose")


@app.route("sync", auth_level=func.AuthLevel.ANONYMOUS)
def sync(req: func.HttpRequest) -> str:
    return '{"status": 202, "body": "later", "headers": {"x-a": "b"}}'


@app.route("slow", auth_level=func.AuthLevel.ADMIN)
async def slow(req: func.HttpRequest) -> str:
    await asyncio.sleep(1.5)
    return "slow"


@app.timer_trigger("timer", schedule="%EVERY%", run_on_startup=True)
async def tick(timer: func.TimerRequest) -> None:
    record(f="tick", past_due=timer.past_due)


@app.blob_trigger("blob", path="inbox/{partner}/{name}.csv", connection="FILES")
async def on_blob(blob: func.InputStream) -> None:
    data = blob.read()
    record(f="on_blob", name=blob.name, length=blob.length, text=data.decode())
    if b"poison" in data:
        raise ValueError("poison on purpose")


@app.blob_trigger("blob", path="large/{name}", connection="FILES")
async def on_large_blob(blob: BlobReference) -> None:
    record(f="on_large_blob", container=blob.container_name, name=blob.blob_name)


@app.queue_trigger("message", queue_name="orders", connection="FILES")
async def on_message(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    record(f="on_message", body=body, count=message.dequeue_count)
    if body == "poison":
        raise ValueError("poison on purpose")

"""The one way a request is refused, with the body that the service's clients parse."""

import uuid
from datetime import UTC, datetime

from aiohttp import web


class Refused(Exception):
    """A request that will not be served.

    `code` is what the SDK shows as `error.code`; `message` names the bad value and the remedy.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self, request: web.Request) -> web.Response:
        """`{"error": {"code", "message"}}`, the message with the service's tracking suffix."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        tracked = (
            f"{self.message} TrackingId:{uuid.uuid4()}_L0, "
            f"SystemTracker:{request.host}:{request.path.lstrip('/')}, Timestamp:{now}"
        )
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else None
        body = {"error": {"code": self.code, "message": tracked}}
        return web.json_response(body, status=self.status, headers=headers)


def invalid(message: str) -> Refused:
    """400 InvalidRequest."""
    return Refused(400, "InvalidRequest", message)


def not_found(message: str) -> Refused:
    """404 ItemNotFound."""
    return Refused(404, "ItemNotFound", message)

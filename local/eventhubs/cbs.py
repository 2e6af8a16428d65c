"""`$cbs`: every token is welcome, for the broker listens on this machine only."""

from local.eventhubs.requests import Request, answer


def respond(request: Request) -> bytes:
    """The answer to a put-token request; any other operation is refused."""
    operation = request.text("operation")
    if operation != "put-token":
        text = f"The operation '{operation}' is not known: put-token is."
        return answer(request, 400, text, condition="amqp:not-implemented")
    return answer(request, 202, "Accepted")

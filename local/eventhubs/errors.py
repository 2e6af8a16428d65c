"""The conditions by which clients tell refusals apart, in the service's words."""


class Refusal(Exception):
    """A request or link the broker turns down: AMQP condition, text, and management status."""

    def __init__(self, condition: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.condition = condition
        self.description = description
        self.status = status


def unknown_entity(name: str) -> Refusal:
    """No such hub or consumer group."""
    text = f"The messaging entity '{name}' could not be found."
    return Refusal("amqp:not-found", text, 404)


def unknown_partition(name: str) -> Refusal:
    """No such partition in a hub that exists."""
    return Refusal(
        "com.microsoft:argument-out-of-range",
        "The specified partition is invalid for an EventHub partition sender or receiver. "
        f"The partition id is '{name}'.",
    )


def unreadable(partition: str, why: Exception) -> Refusal:
    """What the broker kept can't be read back; clients try again, and say so each time."""
    text = f"Partition '{partition}' can't be read: {why}"
    return Refusal("amqp:internal-error", text, 500)

"""The few ways in which work can fail, each with one consequence."""


class Undecodable(Exception):
    """The message can never be read: it is parked."""

    def __init__(self, message: str) -> None:
        # Its sender chose part of the text, and it goes into logs and the parked row.
        super().__init__(message if len(message) <= 500 else f"{message[:500]}…")


class Conflict(Exception):
    """Another writer was first: load again and decide again."""


class Transient(Exception):
    """May succeed later: retried in process, then left to the next delivery or sweep."""


class Forbidden(Transient):
    """A right is missing. Not tried again at once: it is left till somebody gives the right."""


class TooLarge(Exception):
    """A commit does not fit into a transaction: it is split; one message alone is refused."""


class SettingsMissing(Exception):
    """Settings that the app cannot start without; the message names all of them."""

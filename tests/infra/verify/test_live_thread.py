"""One event of each type, followed through every team of a live environment: make verify-azure.

A quote is abandoned after days that cannot be hurried there: what earlier runs left open is looked
at instead, and that the timer is published by test_live_resources.
"""

import pytest

from eventing.schemas import event_types
from tests.infra.verify.live import az, group_of, live, one
from tests.infra.verify.thread import Thread

pytestmark = [pytest.mark.azure, pytest.mark.timeout(2400)]


def test_an_event_of_each_type_that_can_be_raised_at_once_is_followed() -> None:
    app = one("Microsoft.Web/sites", group_of("customer"))
    told = az("functionapp", "config", "appsettings", "list", "--ids", app["id"])
    days = {each["name"]: each["value"] for each in told}["QUOTE_ABANDONED_AFTER_DAYS"]
    thread = Thread(live(), int(days))
    thread.follow()
    assert set(event_types()) - thread.seen == {"customer.contact.abandoned_quote"}

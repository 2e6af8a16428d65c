"""The customer team's bindings."""

from datetime import datetime, timedelta

import azure.functions as func

from domains.customer import (
    abandon_quotes,
    activate_account,
    activate_contact,
    deactivate_account,
    deactivate_contact,
    erase_personal_data,
    expire_products,
    on_account_activated,
    on_account_deactivated,
    on_lead_failed,
    on_lead_generated,
    on_sale_confirmed,
    open_account,
)
from domains.customer.account import Account
from domains.customer.contact import Contact
from eventing.api import Api
from eventing.due import Due
from eventing.handle import Rule
from eventing.settings import whole
from eventing.team import Team
from eventing.triggers import carry

SETTINGS = (
    "EVENTS",
    "STATE",
    "SCHEMAS__fullyQualifiedNamespace",
    "SWEEP_SCHEDULE",
    "DUE_SCHEDULE",
    "QUOTE_ABANDONED_AFTER_DAYS",
)

blueprint = func.Blueprint()
team = Team("customer")

OPEN = Rule(open_account.OpenAccount, Account, open_account.decide)
ACTIVATE = Rule(activate_account.ActivateAccount, Account, activate_account.decide)
DEACTIVATE = Rule(deactivate_account.DeactivateAccount, Account, deactivate_account.decide)
ERASE = Rule(erase_personal_data.ErasePersonalData, Account, erase_personal_data.decide)
SWITCH_ON = Rule(activate_contact.ActivateContact, Contact, activate_contact.decide)
SWITCH_OFF = Rule(deactivate_contact.DeactivateContact, Contact, deactivate_contact.decide)
ABANDON = Rule(abandon_quotes.AbandonQuotes, Contact, abandon_quotes.decide)
EXPIRE = Rule(expire_products.ExpireProducts, Contact, expire_products.decide)

ON_ACCOUNT = [
    Rule(on_account_activated.AccountActivated, Contact, on_account_activated.decide),
    Rule(on_account_deactivated.AccountDeactivated, Contact, on_account_deactivated.decide),
]
ON_LEAD = [
    Rule(on_lead_generated.LeadGenerated, Contact, on_lead_generated.decide),
    Rule(on_lead_failed.LeadFailed, Contact, on_lead_failed.decide),
]
ON_SALE = [Rule(on_sale_confirmed.SaleConfirmed, Contact, on_sale_confirmed.decide)]

api = Api(blueprint, team)
api.commands("POST", "accounts", OPEN, creates="account_id")
api.commands("POST", "accounts/{account_id}/activate", ACTIVATE)
api.commands("POST", "accounts/{account_id}/deactivate", DEACTIVATE)
api.commands("DELETE", "accounts/{account_id}/personal-data", ERASE)
api.shows("accounts/{account_id}", Account)
api.lists("accounts", Account)
api.commands("POST", "contacts/{contact_id}/activate", SWITCH_ON)
api.commands("POST", "contacts/{contact_id}/deactivate", SWITCH_OFF)
api.shows("contacts/{contact_id}", Contact)
api.lists("contacts", Contact)

due = Due(team, Contact)


@blueprint.function_name("abandon_quotes")
@blueprint.timer_trigger(arg_name="timer", schedule="%DUE_SCHEDULE%")
async def abandon_due_quotes(timer: func.TimerRequest) -> None:
    """Contacts with a quote that has been open too long."""
    days = whole("QUOTE_ABANDONED_AFTER_DAYS", 14)

    def command(contact: Contact, at: datetime) -> abandon_quotes.AbandonQuotes:
        return abandon_quotes.AbandonQuotes(contact.contact_id, days, at)

    await due.run(ABANDON, "quoted_at", command, after=timedelta(days=days))


@blueprint.function_name("expire_products")
@blueprint.timer_trigger(arg_name="timer", schedule="%DUE_SCHEDULE%")
async def expire_due_products(timer: func.TimerRequest) -> None:
    """Contacts with a purchase whose term is over."""

    def command(contact: Contact, at: datetime) -> expire_products.ExpireProducts:
        return expire_products.ExpireProducts(contact.contact_id, at)

    await due.run(EXPIRE, "term_ends", command)


carry(blueprint, team, {"account": ON_ACCOUNT, "lead": ON_LEAD, "sale": ON_SALE})

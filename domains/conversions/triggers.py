"""The conversions team's bindings."""

import asyncio
from dataclasses import replace

import azure.functions as func

from domains.conversions import (
    fail_lead,
    generate_lead,
    on_contact_activated,
    on_contact_deactivated,
    on_product_updated,
    on_sale_confirmed,
)
from domains.conversions.files import GENERATE, LEADS, SALES, team
from domains.conversions.intake import Intake, hinted
from domains.conversions.known_contact import KnownContact
from domains.conversions.known_product import KnownProduct
from domains.conversions.lead import Lead
from domains.conversions.lead_file import LeadFile
from domains.conversions.sales_file import SalesFile, SalesFileReceived
from domains.conversions.sweep import Sweep
from eventing.api import Api
from eventing.event import Event
from eventing.files import BlobReference
from eventing.handle import Rule
from eventing.receive import Long
from eventing.triggers import carry

SETTINGS = (
    "EVENTS",
    "STATE",
    "FILES",
    "SCHEMAS__fullyQualifiedNamespace",
    "SWEEP_SCHEDULE",
    "FILES_SCHEDULE",
)

blueprint = func.Blueprint()
sales, leads = Intake(team, SALES), Intake(team, LEADS)

FAIL = Rule(fail_lead.FailLead, Lead, fail_lead.decide)
ON_PRODUCT = [Rule(on_product_updated.ProductUpdated, KnownProduct, on_product_updated.decide)]
ON_CONTACT = [
    Rule(on_contact_activated.ContactActivated, KnownContact, on_contact_activated.decide),
    Rule(on_contact_deactivated.ContactDeactivated, KnownContact, on_contact_deactivated.decide),
]


async def with_what_is_known(
    asked: generate_lead.GenerateLead,
) -> generate_lead.GenerateLead:
    """The command with its contact and its product as conversions knows them."""
    contact, product = await asyncio.gather(
        team.store.load(KnownContact, str(asked.contact_id)),
        team.store.load(KnownProduct, asked.product_id),
    )
    return replace(asked, contact=contact.state, product=product.state)


api = Api(blueprint, team)
api.commands(
    "POST",
    "leads",
    GENERATE,
    creates="lead_id",
    prepare=with_what_is_known,
    prepared=("contact", "product"),
)
api.commands("POST", "leads/{lead_id}/fail", FAIL)
api.shows("leads/{lead_id}", Lead)
api.lists("leads", Lead)
for kind, state in ((SALES, SalesFile), (LEADS, LeadFile)):
    api.stores(f"{kind.container}/{{partner}}/{{name}}", state, kind.container)
    api.shows(f"{kind.container}/{{partner}}/{{name}}", state)
    api.lists(kind.container, state)
api.rebuilds("projections/contacts/rebuild", "contact", KnownContact)
api.rebuilds("projections/products/rebuild", "product", KnownProduct)


@blueprint.function_name("receive_sales_file")
@blueprint.blob_trigger(
    arg_name="blob",
    path="sales-files/{partner}/{name}.csv",
    connection="FILES",
    source=func.BlobSource.EVENT_GRID,
)
async def sales_file_uploaded(blob: BlobReference) -> None:
    """A hint that a file lies in the container; its event starts the reading."""
    await hinted(sales.receive(blob.blob_name))


@blueprint.function_name("receive_lead_file")
@blueprint.blob_trigger(
    arg_name="blob",
    path="lead-files/{partner}/{name}.csv",
    connection="FILES",
    source=func.BlobSource.EVENT_GRID,
)
async def lead_file_uploaded(blob: BlobReference) -> None:
    """A hint that a file lies in the container; no event announces its rows."""
    await hinted(leads.receive_and_read(blob.blob_name))


@blueprint.function_name("reconcile_sales_files")
@blueprint.timer_trigger(arg_name="timer", schedule="%FILES_SCHEDULE%")
async def reconcile_sales_files(timer: func.TimerRequest) -> None:
    """The guarantee that every sales file is read."""
    await Sweep(sales).run()


@blueprint.function_name("reconcile_lead_files")
@blueprint.timer_trigger(arg_name="timer", schedule="%FILES_SCHEDULE%")
async def reconcile_lead_files(timer: func.TimerRequest) -> None:
    """The guarantee that every file of leads is read."""
    await Sweep(leads).run()


async def on_sales_file_received(received: SalesFileReceived, event: Event, until: float) -> bool:
    """The file that the event announced."""
    return await sales.announced(received.partner, received.name, received.sha256, until)


ON_SALE: list[Rule | Long] = [
    Rule(on_sale_confirmed.SaleConfirmed, Lead, on_sale_confirmed.decide),
    Long(SalesFileReceived, on_sales_file_received),
]

carry(
    blueprint,
    team,
    {"product": ON_PRODUCT, "contact": ON_CONTACT, "sale": ON_SALE},
    {SALES.container: sales.receive, LEADS.container: leads.receive_and_read},
)

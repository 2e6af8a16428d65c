"""The two kinds of files that partners send, and what their rows become."""

import asyncio
from collections.abc import Sequence

from domains.conversions import (
    generate_lead,
    lead_rows,
    on_sales_file_received,
    read_lead_file,
    read_sales_file,
    receive_lead_file,
    receive_sales_file,
    sales_rows,
)
from domains.conversions.known_contact import KnownContact
from domains.conversions.known_product import KnownProduct
from domains.conversions.lead import Lead
from domains.conversions.lead_file import LeadFile
from domains.conversions.partner_file import PartnerFile, file_id
from domains.conversions.reading import FileKind
from domains.conversions.records import Record
from domains.conversions.sale import Row, Sale
from domains.conversions.sales_file import SalesFile
from eventing.event import Cause
from eventing.handle import Rule, Work
from eventing.team import Team

team = Team("conversions")

GENERATE = Rule(generate_lead.GenerateLead, Lead, generate_lead.decide)
CONFIRM = Rule(on_sales_file_received.SoldRow, Sale, on_sales_file_received.decide)


async def sold(file: PartnerFile, record: Record, columns: Sequence[str], cause: Cause) -> Work:
    """The row of a sales file, with the lead it names."""
    said = sales_rows.parsed(record, columns, file.received_at.date())
    lead = await team.store.load(Lead, str(said.lead_id))
    message = on_sales_file_received.SoldRow(
        row=Row(file.partner, file.name, file.sha256, record.line),
        lead_id=said.lead_id,
        purchased_on=said.purchased_on,
        occurred_at=file.received_at,
        amount=said.amount,
        currency=said.currency,
        reference=said.reference,
        lead=lead.state,
    )
    return Work(CONFIRM, message, cause)


async def offered(file: PartnerFile, record: Record, columns: Sequence[str], cause: Cause) -> Work:
    """The row of a file of leads, with its contact and its product as they are known."""
    said = lead_rows.parsed(record, columns)
    contact, product = await asyncio.gather(
        team.store.load(KnownContact, str(said.contact_id)),
        team.store.load(KnownProduct, said.product_id),
    )
    message = generate_lead.GenerateLead(
        lead_id=lead_rows.lead_id_of(file_id(file.partner, file.name), said),
        contact_id=said.contact_id,
        product_id=said.product_id,
        partner=file.partner,
        occurred_at=file.received_at,
        contact=contact.state,
        product=product.state,
    )
    return Work(GENERATE, message, cause)


SALES = FileKind(
    container="sales-files",
    rejects="sales-rejects",
    receive=Rule(receive_sales_file.ReceiveSalesFile, SalesFile, receive_sales_file.decide),
    note=Rule(read_sales_file.ReadSalesFile, SalesFile, read_sales_file.decide),
    columns=sales_rows.columns,
    work=sold,
)

LEADS = FileKind(
    container="lead-files",
    rejects="lead-rejects",
    receive=Rule(receive_lead_file.ReceiveLeadFile, LeadFile, receive_lead_file.decide),
    note=Rule(read_lead_file.ReadLeadFile, LeadFile, read_lead_file.decide),
    columns=lead_rows.columns,
    work=offered,
)

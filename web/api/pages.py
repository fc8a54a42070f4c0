"""What is read: customers, invoices and facts, a page at a time."""

from typing import Annotated

from fastapi import FastAPI, Path, Query
from starlette.exceptions import HTTPException

from store import customers, listing
from store.errors import NoPolicy
from web.api import answers
from web.api.bodies import CustomerId
from web.api.parts import Api

MOST = 500
_TEXT = r"^[^\x00-\x1f\x7f]*$"
After = Annotated[str, Query(max_length=128, pattern=_TEXT, description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="so many at most")]


def add_pages(app: FastAPI, parts: Api) -> None:
    """Add the paths at which the ledger is read."""
    _add_customers(app, parts)
    _add_debts(app, parts)


def _add_customers(app: FastAPI, parts: Api) -> None:
    def customers_page(after: After = "", limit: Limit = 100) -> answers.CustomerPage:
        """List customers by id, without personal data."""
        with parts.ledger.read() as session:
            rows = listing.customer_rows(session, after=after, limit=limit)
            items = [answers.customer_item(row) for row in rows]
        return answers.CustomerPage(items=items, next=items[-1].customer if len(items) == limit else None)

    def customer(customer: Annotated[CustomerId, Path()]) -> answers.CustomerView:
        """Show a customer as finance sees them: what is owed, was said, is next, and why."""
        with parts.ledger.read() as session:
            row = customers.get(session, customer)
        try:
            return answers.customer_view(row, parts.view(customer), None)
        except NoPolicy as none:
            return answers.customer_view(row, None, str(none))

    app.add_api_route("/customers", customers_page, methods=["GET"])
    app.add_api_route("/customers/{customer}", customer, methods=["GET"])


def _add_debts(app: FastAPI, parts: Api) -> None:
    def invoices_page(
        customer: Annotated[CustomerId | None, Query()] = None,
        open_only: Annotated[bool, Query(alias="open")] = False,
        after: After = "",
        limit: Limit = 100,
    ) -> answers.InvoicePage:
        """List invoices by number, of a customer or of all, with what is open on each."""
        with parts.ledger.read() as session:
            found = listing.invoices(
                session, customer_id=customer, only_open=open_only, after=after, limit=limit
            )
        items = [answers.invoice_item(each) for each in found]
        return answers.InvoicePage(items=items, next=items[-1].invoice if len(items) == limit else None)

    def invoice(
        invoice: Annotated[str, Path(min_length=1, max_length=128, pattern=_TEXT)],
    ) -> answers.InvoiceItem:
        """Show an invoice as it stands."""
        with parts.ledger.read() as session:
            found = listing.invoice(session, invoice)
        if found is None:
            raise HTTPException(404)
        return answers.invoice_item(found)

    def facts_page(
        customer: Annotated[CustomerId, Query()],
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        limit: Limit = 100,
    ) -> answers.FactPage:
        """List the facts of a customer in the order learned: nothing is ever changed or left out."""
        with parts.ledger.read() as session:
            found = listing.facts_of(session, customer, after=after, limit=limit)
        items = [answers.fact_item(each) for each in found]
        return answers.FactPage(items=items, next=items[-1].number if len(items) == limit else None)

    app.add_api_route("/invoices", invoices_page, methods=["GET"])
    app.add_api_route("/invoices/{invoice}", invoice, methods=["GET"])
    app.add_api_route("/facts", facts_page, methods=["GET"])

"""Drawing pages: the templates, and how they write what the ledger knows."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from domain.money import Money
from domain.ui_links import list_link, workflow_link

_HERE = Path(__file__).parent
STYLESHEET = (_HERE / "desk.css").read_text(encoding="utf-8")
STYLE_VERSION = hashlib.sha256(STYLESHEET.encode()).hexdigest()[:12]


def page(template: str, **values: Any) -> str:
    """Return the HTML of a page."""
    return _ENVIRONMENT.get_template(f"{template}.html.j2").render(style_version=STYLE_VERSION, **values)


def _money(amount: Money) -> Markup:
    return Markup('<span class="money">{}</span>').format(str(amount))


def _day(day: date) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), f"{day:%-d %b %Y}")


@pass_context
def _instant(context: Context, at: datetime) -> Markup:
    """Write an instant in the zone of the desk."""
    local = at.astimezone(context["desk"].zone)
    return Markup('<time datetime="{}">{}</time>').format(
        at.isoformat(timespec="minutes"), f"{local:%-d %b %Y %H:%M}"
    )


def _customer_path(customer_id: str) -> str:
    return f"/desk/customers/{quote(customer_id, safe='')}"


@pass_context
def _workflow_url(context: Context, workflow_id: str) -> str:
    desk = context["desk"]
    return f"{desk.temporal_ui.rstrip('/')}{workflow_link(desk.namespace, workflow_id)}"


@pass_context
def _list_url(context: Context, query: str) -> str:
    desk = context["desk"]
    return f"{desk.temporal_ui.rstrip('/')}{list_link(desk.namespace, query)}"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        money=_money,
        day=_day,
        instant=_instant,
        customer_path=_customer_path,
        workflow_url=_workflow_url,
        list_url=_list_url,
    )
    return made


_ENVIRONMENT = _environment()

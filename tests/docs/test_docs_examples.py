"""Every example in the guides is read, played or run; every key, event and field stands in a table."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import starter
from domain import facts, policy_lint
from domain.commands import COMMANDS, wrong
from domain.customer import Customer
from domain.documents import BadDocument, read
from domain.finance_page import STAGES
from domain.policy import Policy
from domain.policy_lint import lint
from domain.policy_schema import schema
from domain.reported import CUSTOMER, TYPES, natural_name
from domain.simulation.events import read_events
from domain.simulation.play import simulate
from domain.simulation.scenario import CustomerInput, Scenario
from domain.simulation.timeline import Line
from domain.ui_links import CUSTOMER as LIFECYCLE
from domain.ui_links import INCIDENT, VIEWS
from settings import Settings
from web.api.bodies import Bulk, CustomerBody, reported
from web.api.reports import PATHS
from workflows.customer_lifecycle import WRONG_INPUT as NO_CUSTOMER
from workflows.customer_lifecycle import CustomerLifecycle
from workflows.risk_incident import WRONG_INPUT as NO_INCIDENT
from workflows.risk_incident import RiskIncident
from workflows.search_attributes import SEARCH_ATTRIBUTES

ROOT = Path(__file__).parents[2]
POLICY = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
TOOLS = (ROOT / "docs" / "policy-tools.md").read_text(encoding="utf-8")
SIMULATION = (ROOT / "docs" / "simulation-format.md").read_text(encoding="utf-8")
FINANCE = (ROOT / "docs" / "finance.md").read_text(encoding="utf-8")
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def section(page: str, title: str) -> str:
    """The text under a heading, until the next one of any level."""
    (found,) = re.findall(rf"^#+ {title}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    return found


def table(text: str) -> Iterator[list[str]]:
    """The rows of the tables in `text`, without their heads."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_each_page_has_only_examples_that_are_tested_here() -> None:
    assert set(re.findall(r"^```(\w+)$", POLICY, re.MULTILINE)) == {"yaml", "text", "console"}
    assert set(re.findall(r"^```(\w+)$", SIMULATION, re.MULTILINE)) == {"json", "text"}
    counts = {language: len(blocks(POLICY, language)) for language in ("yaml", "text", "console")}
    assert counts == {"yaml": 2, "text": 1, "console": 2}
    assert (len(blocks(SIMULATION, "json")), len(blocks(SIMULATION, "text"))) == (4, 1)


# --- docs/policy.md


def test_the_complete_example_is_a_sound_policy() -> None:
    policy = read(blocks(POLICY, "yaml")[0], model=Policy, name="small_shops.yaml")
    assert policy.policy == "small_shops"
    assert lint(policy) == ()


def test_the_wrong_example_gives_the_messages_below_it() -> None:
    with pytest.raises(BadDocument) as caught:
        read(blocks(POLICY, "yaml")[1], model=Policy, name="shops.yaml")
    assert str(caught.value) == blocks(POLICY, "text")[0].strip()


PARTS = {"Policy": schema(), **schema()["$defs"]}


@pytest.mark.parametrize("part", PARTS)
def test_the_table_of_a_part_has_its_keys_and_their_defaults(part: str) -> None:
    described, rows = PARTS[part], list(table(section(POLICY, part)))
    assert [names(row[0]) for row in rows] == [[key] for key in described["properties"]]
    for key, default, _ in rows:
        (name,) = names(key)
        info = described["properties"][name]
        assert (default == "required") == (name in described.get("required", ())), f"{part}.{name}"
        if default.startswith("`"):
            assert default.strip("`") == as_yaml(info["default"]), f"{part}.{name}"


def as_yaml(value: object) -> str:
    """A default as a policy file would have it."""
    if isinstance(value, list):
        return f"[{', '.join(value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return re.sub(r"^([0-9]{2}:[0-9]{2}):00$", r"\1", str(value))


def test_the_table_of_findings_has_every_rule_of_lint() -> None:
    source = Path(policy_lint.__file__).read_text(encoding="utf-8")
    rules = set(re.findall(r'_(error|warning)\(\s*"([a-z-]+)"', source))
    rows = table(section(POLICY, "The tools"))
    assert {(row[1], *names(row[0])) for row in rows} == rules


@pytest.mark.parametrize("example", [*blocks(POLICY, "console"), *blocks(TOOLS, "console")])
def test_a_command_of_a_guide_runs_and_prints_what_stands_below_it(
    example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, *output = example.splitlines()
    program, *arguments = shlex.split(command.removeprefix("$ "))
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(starter.app, arguments)
    assert (program, result.exit_code) == ("starter.py", 0), result.output
    printed = [line.rstrip() for line in result.output.splitlines()]
    assert [line for line in printed if line in output] == output, result.output


# --- docs/simulation-format.md


def test_the_example_gives_the_output_below_it() -> None:
    given, _, printed, chosen = (json.loads(block) for block in blocks(SIMULATION, "json"))
    scenario = Scenario.model_validate(given)
    customer = scenario.customer.customer()
    history = read_events(customer, scenario.events)
    files = [ROOT / "policies" / f"{name}.yaml" for name in ("consumer", "business")]
    consumer, policy = (
        read(file.read_text(encoding="utf-8"), model=Policy, name=file.name) for file in files
    )
    assert simulate(policy, customer, history, scenario.until).json() == printed
    among = simulate([consumer, policy], customer, history, scenario.until).json()
    assert among == {"policies": chosen, **printed}


def test_the_wrong_example_of_events_gives_the_messages_below_it() -> None:
    scenario = Scenario.model_validate_json(blocks(SIMULATION, "json")[1])
    with pytest.raises(ValueError) as caught:
        read_events(scenario.customer.customer(), scenario.events)
    assert str(caught.value) == blocks(SIMULATION, "text")[0].strip()


EVENTS = {names(row[0])[0]: names(row[1]) for row in table(section(SIMULATION, "Events"))}


def test_the_table_of_events_has_every_type() -> None:
    assert set(EVENTS) == facts.KNOWN_TYPES - {"unknown"}


@pytest.mark.parametrize("body", facts.Body.__subclasses__(), ids=lambda body: body.__name__)
def test_the_table_of_events_has_every_field(body: type[facts.Body]) -> None:
    fields = {
        f"{info.alias or name}{'' if info.is_required() else '?'}"
        for name, info in body.model_fields.items()
        if name != "type"
    }
    kind = str(body.model_fields["type"].default)
    assert kind == "unknown" or set(EVENTS[kind]) == fields


SAMPLES = {
    "amount": "10.00",
    "currency": "EUR",
    "instalments": [{"due_on": "2026-03-05", "amount": "10.00"}],
    "due_on": "2026-03-05",
    "pay_on": "2026-03-12",
    "to": "2026-03-12",
    "until": "2026-03-05T09:00:00Z",
    "outcome": "approved",
    "attempt": 1,
    "ok": True,
    "level": 70,
    **dict.fromkeys(("limit", "receivables", "unbilled", "orders", "deposits", "overpayment"), "0"),
    "expected": "10.00",
    "month": "2026-02",
    "about": "misuse",
    "count": 1,
    "first_at": "2026-02-03T09:00:00Z",
    "last_at": "2026-02-03T09:00:00Z",
    "safeguard": "mfa",
    "holds": True,
}
ONLY: dict[str, dict[str, Any]] = {
    "checked": {"check": "phone", "outcome": "pass"},
    "onboarding_reviewed": {"outcome": "approve"},
    "called_back": {"outcome": "reached"},
    "credit_granted": {"limit": "10.00"},
}
ONLY["incident_opened"] = {"category": "fraud"}
ONLY["fee_booked"] = {"kind": "interest"}


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_with_the_required_fields_of_the_table_is_read(kind: str) -> None:
    required = [name for name in EVENTS[kind] if not name.endswith("?")]
    event: dict[str, Any] = {name: SAMPLES.get(name, "X-1") for name in required}
    event |= {"at": "2026-02-03", "type": kind, **ONLY.get(kind, {})}
    (fact,) = read_events(Customer(id="c-1"), [event])
    assert facts.write_body(fact.body)["type"] == kind


def test_the_types_that_are_kept_are_kept() -> None:
    (text,) = re.findall(r"An event of a type that is not listed here.*?too\.", SIMULATION, re.DOTALL)
    for kind in names(text):
        (fact,) = read_events(Customer(id="c-1"), [{"at": "2026-02-03", "type": kind, "amount": "1"}])
        assert isinstance(fact.body, facts.Unknown), kind
        assert kind not in EVENTS


def test_the_table_of_the_customer_has_every_field() -> None:
    rows = [(names(row[0])[0], row[1]) for row in table(section(SIMULATION, "The customer"))]
    assert [name for name, _ in rows] == list(CustomerInput.model_fields)
    for name, default in rows:
        info = CustomerInput.model_fields[name]
        assert (default == "required") == info.is_required(), name
        if default.startswith("`"):
            assert default.strip("`") == as_yaml(list(info.default) if name == "tags" else info.default)


def test_the_table_of_a_line_has_every_field() -> None:
    line, chosen = blocks(SIMULATION, "json")[2:]
    of_a_choice = [name for row in table(section(SIMULATION, "Several policies")) for name in names(row[0])]
    assert of_a_choice == list(json.loads(chosen)[0])
    fields = [names(row[0])[0] for row in table(section(SIMULATION, "Output"))]
    assert fields == list(json.loads(line)["timeline"][0])
    assert set(fields) - {"rule", "why"} == {field for field in Line.__slots__ if field != "reason"}


# --- docs/finance.md

UPDATES = {
    names(row[0])[0]: json.loads(names(row[2])[0]) for row in table(section(FINANCE, "Tell it something"))
}


def test_the_table_of_updates_has_every_command_with_its_example() -> None:
    assert {name: dict(command.example) for name, command in COMMANDS.items()} == UPDATES
    assert [wrong(name, example) for name, example in UPDATES.items()] == [None] * len(UPDATES)


def test_the_filters_use_attributes_and_stages_that_there_are() -> None:
    filters = [
        names(row[1])
        for row in (line.strip("|").split("|") for line in FINANCE.splitlines())
        if len(row) == 2
    ]
    first = [each[0] for each in filters if each]
    assert len(first) == 5
    assert {re.split(r"\W", each)[0] for each in first} <= set(SEARCH_ATTRIBUTES)
    (stages,) = [each for each in filters if each and each[0].startswith("Stage=")]
    assert {stages[0].split('"')[1], *stages[1:]} == set(STAGES)


def test_the_lists_of_a_day_are_those_that_there_are() -> None:
    rows = list(table(section(FINANCE, "The lists of a day")))
    assert [(names(row[0])[0], row[1], row[2], names(row[3])[0]) for row in rows] == [
        (view.name, view.title, view.shows, view.query) for view in VIEWS.values()
    ]


def test_the_examples_of_starting_by_hand_are_those_of_the_workflows() -> None:
    rows = re.findall(r"^\| an? \w+ \| `(\w+)` \| `arrears` \| `(.+)` \|$", FINANCE, re.MULTILINE)
    assert (
        [kind for kind, _ in rows]
        == [LIFECYCLE, INCIDENT]
        == [
            CustomerLifecycle.__name__,
            RiskIncident.__name__,
        ]
    )
    for (_, example), wrong_input in zip(rows, (NO_CUSTOMER, NO_INCIDENT), strict=True):
        assert example in wrong_input


PICTURED = ("docs/finance.md", "docs/desk.md", "docs/own-page.md", "docs/operators.md", "README.md")


@pytest.mark.parametrize(
    "page", [(ROOT / name).read_text(encoding="utf-8") for name in PICTURED], ids=PICTURED
)
def test_pictures_and_pages_that_are_linked_are_there(page: str) -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", page) + re.findall(r"`(docs/[\w.-]+)`", page)
    assert [
        each for each in linked if not any((ROOT / start / each).exists() for start in ("", "docs"))
    ] == []


# --- docs/operators.md


def test_the_table_of_settings_has_every_variable_with_its_default() -> None:
    described = {names(row[0])[0]: row[1] for row in table(section(OPERATORS, "Settings"))}
    fields = {name.upper(): info.default for name, info in Settings.model_fields.items()}
    assert {name: "none" if value is None else f"`{value}`" for name, value in fields.items()} == described


# --- docs/api.md


def test_the_paths_of_the_api_are_those_of_its_table() -> None:
    written = {
        names(cells[0])[0].removeprefix("POST /v1"): cells
        for cells in table(section(API, "What is reported"))
    }
    for path, kind in PATHS.items():
        cells = written.pop(path)
        assert names(cells[2]) == [facts.kind_of(kind.model_construct())]
        once = natural_name(kind.model_construct(**dict.fromkeys(kind.model_fields, "x")))
        assert (cells[3] == "your `id`") == (once is None)
    assert set(written) == {"/customers", "/incidents", "/facts"}


def test_the_examples_of_the_api_can_be_read() -> None:
    *single, by_webhook, many = blocks(API, "json")
    for text, kind in zip(
        single, (facts.InvoiceIssued, facts.PaymentReceived, facts.DisputeOpened), strict=True
    ):
        reported(kind).model_validate(json.loads(text))
    customer, *items = json.loads(by_webhook)
    assert customer.pop("type") == CUSTOMER
    CustomerBody.model_validate(customer)
    for item in [*items, *Bulk.model_validate(json.loads(many)).items]:
        reported(TYPES[item["type"]]).model_validate({key: item[key] for key in item if key != "type"})

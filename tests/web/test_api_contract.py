"""The API keeps what its own description promises, whatever is sent."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from store import policies
from store.database import Ledger, migrate
from tests.effort import examples
from tests.store.conftest import at
from tests.web.test_api import ACME, INVOICE, TOKEN
from web.api.app import api
from web.api.parts import Api, nothing_seen
from web.api.reports import PATHS
from web.api.tokens import Tokens

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory, policy):
    path: Path = tmp_path_factory.mktemp("contract") / "ledger.db"
    migrate(f"sqlite:///{path}")
    ledger = Ledger(f"sqlite:///{path}", durable=False)
    policies.adopt(ledger, policy, now=at(-60), by="maria")

    async def woken(names) -> None:
        return None

    tokens = Tokens({"billing": TOKEN})
    parts = Api(
        ledger=ledger,
        tokens=tokens,
        now=lambda: at(4),
        view=nothing_seen,
        woken=woken,
        woken_incident=woken,
        version="test",
    )
    yield schemathesis.openapi.from_asgi("/openapi.json", api(parts))
    ledger.close()


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_is_described(described, mode: GenerationMode) -> None:
    for found in described.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
        def answers(case) -> None:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {TOKEN}"}
            case.call_and_validate(checks=CHECKS)

        answers()


def test_the_description_names_every_path_and_answer(described) -> None:
    raw = described.raw_schema
    assert raw["info"]["title"] == "Arrears"
    reports = [path for path, item in raw["paths"].items() if "post" in item]
    assert len(reports) == len(PATHS) + 3, "those of facts, customers, incidents, and many facts"
    for path in reports:
        assert {"401", "409", "422"} <= set(raw["paths"][path]["post"]["responses"])
    assert ACME["customer"] == INVOICE["customer"]

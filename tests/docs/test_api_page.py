"""docs/api.md: each request of the page is made, in its order, to the application over a ledger."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook
from starlette.testclient import TestClient

from composition import site
from settings import Settings
from store.database import Ledger, migrate

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
TOKEN = "a-token-of-the-guide-that-is-long-enough"
SECRET = "whsec_" + "c2VjcmV0" * 4
PATHS = ("/v1/invoices", "/v1/payments", "/v1/disputes")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


async def nobody(name: str) -> None:
    """Wake nobody: there is no Temporal here."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    url = f"sqlite:///{tmp_path_factory.mktemp('api') / 'ledger.db'}"
    migrate(url)
    settings = Settings(
        database_url=url,
        api_tokens=SecretStr(f"billing={TOKEN}"),
        facts_webhook_secrets=SecretStr(f"billing={SECRET}"),
    )
    app = site(settings, Ledger(url), nobody, nobody, nobody, public_url="https://arrears.example")
    with TestClient(app, base_url="https://arrears.example") as client:
        yield client


def test_every_request_of_the_page_is_taken(client: TestClient) -> None:
    (curl,) = (block for block in blocks("sh") if block.startswith("curl"))
    words = shlex.split(curl.replace("$TOKEN", TOKEN))
    said = dict(
        words[place + 1].split(": ", 1) for place, word in enumerate(words) if word in ("-H", "--header")
    )
    url = next(word for word in words if word.startswith("https://"))
    answer = client.post(urlsplit(url).path, content=words[words.index("-d") + 1], headers=said)
    assert answer.status_code == 201, answer.text

    *single, by_webhook, many = blocks("json")
    for path, body in zip(PATHS, single, strict=True):
        assert path.removeprefix("/v1") in PAGE
        for status in (201, 200):  # once, however often it is sent
            answer = client.post(path, content=body, headers=said)
            assert answer.status_code == status, answer.text

    now = datetime.now(UTC)
    signed = {
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, by_webhook),
    }
    answer = client.post("/webhooks/facts", content=by_webhook, headers=signed)
    assert answer.status_code == 200, answer.text

    answer = client.post("/v1/facts", content=many, headers=said)
    assert answer.status_code in (200, 201), answer.text
    assert [each["status"] for each in answer.json()["results"]] == ["recorded"] * len(
        json.loads(many)["items"]
    )


def test_what_the_page_says_can_be_asked_is_answered(client: TestClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for path in ("/v1/customers", "/v1/customers/ACME", "/v1/invoices?customer=ACME&open=true"):
        assert client.get(path, headers=headers).status_code == 200
    for path in ("/v1/invoices/INV-1042", "/v1/facts?customer=ACME", "/v1/incidents?open=true"):
        assert client.get(path, headers=headers).status_code == 200

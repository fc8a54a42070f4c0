"""How commands and workers end: a sentence and a status, and a traceback only for a bug."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from temporalio.service import RPCError, RPCStatusCode

import composition
import worker
from ending import Stop, Unreachable, status_of
from settings import Settings

ROOT = Path(__file__).parents[2]


def run(cli, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cli.folder,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


# --- the table


def raising(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Stop("not today"), 1, "not today\n"),
        (Stop("not so", status=2), 2, "not so\n"),
        (Unreachable("host:1", "is away: call it"), 1, "Temporal at host:1 is away: call it\n"),
        (
            PermissionError(13, "Permission denied", "a.csv"),
            1,
            "a.csv: Permission denied: check the path and your rights to it\n",
        ),
        (BrokenPipeError(32, "Broken pipe"), 1, ""),
        (KeyboardInterrupt(), 130, ""),
        (
            UnicodeEncodeError("ascii", "Köln", 1, 2, "not in range"),
            2,
            "the output cannot be written as ascii: set PYTHONIOENCODING=utf-8\n",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_a_person_can_mend_is_a_sentence_with_a_status(
    capsys: pytest.CaptureFixture[str], error: BaseException, status: int, words: str
) -> None:
    assert status_of(lambda: raising(error)) == status
    assert capsys.readouterr().err == words


def test_a_bug_shows_where_it_is() -> None:
    with pytest.raises(KeyError):
        status_of(lambda: raising(KeyError("a bug")))
    assert status_of(lambda: 0) == 0


# --- commands


@pytest.mark.parametrize(
    "arguments", [("show", "\udcff"), ("pause", "ACME", "--reason", "\udcff"), ("policy", "list", "\udcff")]
)
def test_an_argument_that_is_not_utf_8_is_wrong_usage_and_changes_nothing(acme, arguments) -> None:
    before = acme.contents()
    answer = acme(*arguments)
    assert answer.status == 2
    assert answer.err
    assert "Traceback" not in answer.err
    assert acme.contents() == before


def test_who_has_read_enough_is_no_error(cli) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(ROOT / "starter.py"), "policy", "--help"]
    done = subprocess.run(
        command, cwd=cli.folder, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60
    )
    os.close(writer)
    assert done.stderr == ""


# --- a server that does not answer


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


async def test_a_server_that_says_nothing_is_given_up(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition.client, "CONNECT_SECONDS", 0.3)
    began = monotonic()
    with pytest.raises(Unreachable, match=f"Temporal at {silent} does not answer: start it, or set"):
        await composition.connect(Settings(temporal_address=silent))
    assert monotonic() - began < 5


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no such host:7233", "nowhere.invalid:7233"])
async def test_an_address_where_nobody_is_gives_the_same_error(address: str) -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        await composition.connect(Settings(temporal_address=address))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (RPCStatusCode.NOT_FOUND, r"refuses \(no namespace x\): check TEMPORAL_NAMESPACE"),
        (RPCStatusCode.UNAVAILABLE, "does not answer: start it"),
    ],
)
async def test_a_refused_call_says_what_to_check(
    monkeypatch: pytest.MonkeyPatch, status: RPCStatusCode, words: str
) -> None:
    async def connect(settings: object) -> None:
        return None

    monkeypatch.setattr(composition.client, "connect", connect)
    with pytest.raises(Unreachable, match=words):
        async with composition.connected(Settings(temporal_address="127.0.0.1:1")):
            raise RPCError("no namespace x.", status, b"")


# --- the worker


def test_a_worker_without_a_ledger_ends_with_the_remedy(cli) -> None:
    done = run(cli, str(ROOT / "worker.py"), DATABASE_URL="bogus")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("DATABASE_URL is no database address: write sqlite:///path")
    assert "Traceback" not in done.stderr


def test_a_worker_without_temporal_ends_with_the_remedy(cli) -> None:
    impatient = "import worker; worker.PATIENCE_SECONDS = 0; worker.leave(worker.main())"
    done = run(cli, "-c", impatient)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("Temporal at 127.0.0.1:1 does not answer: start it, or set TEMPORAL_ADDRESS\n")


async def test_a_worker_waits_for_a_server_that_is_only_starting_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worker, "PATIENCE_SECONDS", 0.4)
    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.1)
    began = monotonic()
    with pytest.raises(Unreachable):
        await worker.meet(Settings(temporal_address="127.0.0.1:1"))
    assert monotonic() - began >= 0.4
    assert capsys.readouterr().err == (
        "Temporal at 127.0.0.1:1 does not answer: start it, or set TEMPORAL_ADDRESS;"
        " trying again for 0.4 seconds\n"
    )

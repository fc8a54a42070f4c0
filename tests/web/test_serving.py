"""`starter.py serve` as a process: it answers, says what is wrong in a sentence, ends as the workers do."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

ROOT = Path(__file__).parent.parent.parent


def environment(folder: Path, **more: str) -> dict[str, str]:
    nowhere = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}"}
    return {**os.environ, **nowhere, "OUTBOX": str(folder / "outbox"), "BANK": str(folder / "bank"), **more}


@contextmanager
def serving(folder: Path, port: int, **more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "starter.py", "serve", "--port", str(port)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_it_serves_while_temporal_is_away_and_ends_with_0(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        deadline = time.monotonic() + 60
        while True:
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/healthz").json() == {"status": "ok"}
                break
            except httpx.TransportError:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert httpx.post(f"http://127.0.0.1:{port}/webhooks/twilio/status").status_code == 404, (
            "no key, no door"
        )
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=30)
        assert (process.returncode, told) == (
            0,
            f"serving http://127.0.0.1:{port} at 127.0.0.1:{port}; Ctrl-C stops\n",
        )


@pytest.mark.slow
def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(tmp_path, port) as process:
            told, _ = process.communicate(timeout=60)
            assert process.returncode == 1
            assert f"port {port} of 127.0.0.1 cannot be used: choose another with --port" in told
            assert "Traceback" not in told


@pytest.mark.slow
def test_a_key_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    given = {"SENDGRID_API_KEY": "x", "SENDGRID_FROM": "a@b.example", "SENDGRID_WEBHOOK_KEY": "no key at all"}
    with serving(tmp_path, free_port(), **given) as process:
        told, _ = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "SENDGRID_WEBHOOK_KEY is no public key" in told
        assert "Traceback" not in told

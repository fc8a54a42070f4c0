"""The dev server as the demo and tests start it: the real program, ports of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from providers import temporal_server
from providers.temporal_server import (
    HOST,
    RETENTION_DAYS,
    NoServer,
    Ports,
    TemporalServer,
    choose_ports,
    find_program,
)
from workflows.search_attributes import SEARCH_ATTRIBUTES


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def free_ports() -> Ports:
    """Ports that nobody else on this machine waits for, unlike 7233."""
    with socket.socket() as one, socket.socket() as two:
        one.bind((HOST, 0))
        two.bind((HOST, 0))
        return Ports(grpc=one.getsockname()[1], ui=two.getsockname()[1])


def new_server(folder: Path, **changes: object) -> TemporalServer:
    given = {"database": folder / "temporal.db", "log": folder / "log" / "temporal.log"}
    return TemporalServer(
        **{**given, "search_attributes": SEARCH_ATTRIBUTES, "ports": free_ports(), **changes}
    )


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        yield other.getsockname()[1]


async def test_it_answers_knows_the_attributes_and_ends_leaving_its_ports_free(tmp_path: Path) -> None:
    with new_server(tmp_path) as server:
        pid = server.pid
        client = await Client.connect(server.address)
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace="default")
        )
        described = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace="default")
        )
        assert listens(server.ports.ui)
    registered = {
        name: IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").replace("_", "")
        for name, kind in listed.custom_attributes.items()
    }
    assert {name: kind.upper() for name, kind in SEARCH_ATTRIBUTES.items()}.items() <= registered.items()
    assert described.config.workflow_execution_retention_ttl.ToTimedelta().days == RETENTION_DAYS
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not listens(server.ports.grpc)
    again = choose_ports(server.ports.grpc, server.ports.ui, elsewhere=False)
    assert (again.grpc, again.ui) == (server.ports.grpc, server.ports.ui)


def test_what_it_kept_is_there_after_a_kill_and_a_new_start(tmp_path: Path) -> None:
    first = new_server(tmp_path, search_attributes={"Stage": "Keyword"})
    first.start()
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    first.stop()
    with new_server(tmp_path, search_attributes={"Currency": "Keyword"}) as second:
        listed = subprocess.run(
            [
                find_program(),
                "operator",
                "search-attribute",
                "list",
                "-o",
                "json",
                "--address",
                second.address,
            ],
            check=True,
            capture_output=True,
        )
    assert {"Stage", "Currency"} <= json.loads(listed.stdout)["customAttributes"].keys()


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    ports = free_ports()
    program = f"""
import sys
from pathlib import Path
from providers.temporal_server import Ports, TemporalServer
folder = Path({str(tmp_path)!r})
server = TemporalServer(
    database=folder / "temporal.db", log=folder / "log", search_attributes={{}},
    ports=Ports(grpc={ports.grpc}, ui={ports.ui}),
)
server.start()
print("started", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=Path(temporal_server.__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"started\n"
        starter.kill()
    deadline = time.monotonic() + 20
    while listens(ports.grpc):
        assert time.monotonic() < deadline, "the server outlived the process that started it"


def test_a_taken_port_is_replaced_and_named(taken: int) -> None:
    other = free_ports().ui
    ports = choose_ports(taken, other)
    assert ports.ui == other
    assert ports.grpc not in (taken, other)
    assert ports.changes == (f"port {taken} is taken: using {ports.grpc} instead",)
    assert not listens(ports.grpc)


def test_a_taken_port_is_refused_with_the_remedy_where_it_must_be_that_one(taken: int) -> None:
    with pytest.raises(NoServer, match=f"port {taken} is taken: stop what listens there, or choose"):
        choose_ports(taken, free_ports().ui, elsewhere=False)


def test_free_ports_are_taken_as_they_are_wanted() -> None:
    wanted = free_ports()
    assert choose_ports(wanted.grpc, wanted.ui) == Ports(grpc=wanted.grpc, ui=wanted.ui)


def test_a_server_that_ends_at_once_says_what_its_log_says(tmp_path: Path) -> None:
    server = new_server(tmp_path, search_attributes={"Stage": "Word"})
    with pytest.raises(
        NoServer, match=r"ended before it could listen on its ports; .*log ends with:\n.*Word"
    ):
        server.start()
    assert server.pid is None


def test_a_server_that_answers_too_late_is_ended(tmp_path: Path) -> None:
    server = new_server(tmp_path, patience_seconds=0)
    with pytest.raises(NoServer, match="did not listen on its ports in 0 seconds"):
        server.start()
    assert server.pid is None
    assert not listens(server.ports.grpc)


def test_the_program_beside_python_is_taken_before_the_one_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("environment", "path"):
        (tmp_path / folder).mkdir()
        program = tmp_path / folder / "temporal"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_program() == tmp_path / "environment" / "temporal"
    (tmp_path / "environment" / "temporal").unlink()
    assert find_program() == tmp_path / "path" / "temporal"
    (tmp_path / "path" / "temporal").unlink()
    with pytest.raises(NoServer, match=r"install requirements\.txt into this environment, or put"):
        find_program()

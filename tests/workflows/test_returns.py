"""Who has paid is back within a minute, however many suspensions wait for Partner Center meanwhile."""

import socket
from pathlib import Path

import pytest

from bench.returns import scene
from providers.temporal_server import HOST, Ports, TemporalServer
from settings import Settings
from workflows.search_attributes import SEARCH_ATTRIBUTES


def free_ports() -> Ports:
    with socket.socket() as grpc, socket.socket() as ui:
        for probe in (grpc, ui):
            probe.bind((HOST, 0))
        return Ports(grpc=grpc.getsockname()[1], ui=ui.getsockname()[1])


@pytest.mark.slow
async def test_a_return_is_not_behind_the_suspensions_that_wait(tmp_path: Path) -> None:
    """In its turn, at an attempt every two seconds, it would come after two minutes."""
    server = TemporalServer(
        database=tmp_path / "temporal.db",
        log=tmp_path / "temporal.log",
        search_attributes=SEARCH_ATTRIBUTES,
        ports=free_ports(),
    )
    with server:
        settings = Settings(
            database_url=f"sqlite:///{tmp_path / 'arrears.db'}",
            outbox=tmp_path / "outbox",
            temporal_address=server.address,
            temporal_ui=server.ui,
        )
        async with scene(settings, per_second=0.5) as staged:
            waited = await staged.wait([f"W{i}" for i in range(60)], ["PAYS"])
    [seconds] = waited.seconds
    assert waited.still > 0, "suspensions still wait: it has overtaken them"
    assert seconds < 60

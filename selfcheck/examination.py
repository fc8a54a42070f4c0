"""The whole look: what is here first, then the ledger, then who is asked over the network."""

import asyncio

from selfcheck.deployment import of_files, of_settings
from selfcheck.finding import Finding
from selfcheck.ledger import of_ledger
from selfcheck.outside import of_vendors
from selfcheck.server import of_server
from settings import Settings


async def examine(settings: Settings, *, offline: bool = False) -> list[Finding]:
    """Look at settings, ledger, vendors and Temporal; every finding says what is wrong and the remedy.

    Args:
        offline: ask neither vendors nor Temporal; the ledger is read, wherever it is.
    """
    findings = of_settings(settings)
    findings += await asyncio.to_thread(of_ledger, settings)
    findings += await asyncio.to_thread(of_files, settings)
    if offline:
        words = "not asked, since nobody is: --offline"
        return [*findings, Finding(about="vendors and Temporal", ok=True, words=words)]
    vendors, server = await asyncio.gather(of_vendors(settings), of_server(settings))
    return [*findings, *vendors, *server]

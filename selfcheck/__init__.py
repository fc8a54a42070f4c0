"""Self-checks: what would otherwise stall in silence becomes a sentence, with what then does not work."""

from selfcheck.examination import examine
from selfcheck.finding import Finding
from selfcheck.server import problems_of_server

__all__ = ["Finding", "examine", "problems_of_server"]

"""The rules of the worklist, as the settings name them."""

from domain.documents import read
from domain.worklist.rules import WorklistRules
from ending import Stop
from settings import ROOT, Settings


def worklist_rules(settings: Settings) -> WorklistRules:
    """Return the service levels of the worklist, and what makes its order.

    Raises:
        BadDocument: with every problem of the file.
        Stop: there is no such file.
    """
    file = settings.worklist_rules or ROOT / "policies" / "worklist" / "rules.yaml"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"WORKLIST_RULES: {file}: {error}: name a file of rules, or leave it out") from None
    return read(text, model=WorklistRules, name=file.name)

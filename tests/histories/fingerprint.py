"""The fingerprint: which commands each workflow issues, method by method.

Read from the syntax tree of `workflows/*.py`, so that it changes exactly when a command is added,
taken away, renamed or moved. Run `python -m tests.histories.fingerprint` to accept a change.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
FILE = HERE / "fingerprint.json"
WORKFLOWS = HERE.parent.parent / "workflows"
# What leaves an event in history; the words of details, summaries and logs do not.
COMMANDS = {
    "execute_activity",
    "execute_local_activity",
    "start_activity",
    "start_local_activity",
    "start_child_workflow",
    "execute_child_workflow",
    "get_external_workflow_handle",
    "signal",
    "cancel",
    "sleep",
    "wait_condition",
    "upsert_search_attributes",
    "upsert_memo",
    "continue_as_new",
    "patched",
    "deprecate_patch",
}
# Of these the first argument is data, which may change freely.
WITHOUT_NAME = {"sleep", "wait_condition", "upsert_search_attributes", "upsert_memo", "continue_as_new"}


def fingerprint(folder: Path = WORKFLOWS) -> dict[str, list[str]]:
    """Return the commands of each class with workflow code, each with the method that issues it."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                commands = [
                    f"{method.name}: {command}"
                    for method in node.body
                    if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
                    for command in _commands(method)
                ]
                if commands:
                    found[node.name] = commands
    return found


def _commands(method: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the calls in a method's body that may issue a command, in the order in which they are made."""
    nodes = [node for statement in method.body for node in ast.walk(statement)]
    values = {ast.unparse(each.targets[0]): each.value for each in nodes if isinstance(each, ast.Assign)}
    calls = [node for node in nodes if isinstance(node, ast.Call) and _name(node.func) in COMMANDS]
    for call in sorted(calls, key=lambda call: (call.end_lineno, call.end_col_offset)):
        name = _name(call.func)
        what = ast.unparse(call.args[0]) if call.args and name not in WITHOUT_NAME else ""
        what = ast.unparse(values[what]) if what in values else what
        timed = " with a timeout" if any(keyword.arg == "timeout" for keyword in call.keywords) else ""
        yield f"{name}({what}){timed}"


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def text(commands: dict[str, list[str]]) -> str:
    return json.dumps(commands, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(fingerprint()), encoding="utf-8")
    print(f"accepted: {FILE.name}")

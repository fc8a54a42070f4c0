"""The rules of the house that no linter knows: arrows, purity, names and sizes.

Each message names the file and the remedy. A folder that does not exist yet has nothing to break.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent

# Only the composition knows the vendors; whoever starts a process takes them from there.
INSIDE = {"settings", "composition", "domain", "store", "activities", "workflows", "web"}
# What a folder may import of ours, besides itself.
FOLDERS = {
    "domain": set[str](),
    "store": {"domain"},
    "activities": {"store", "domain"},
    "workflows": {"activities", "domain"},
    "providers": {"domain"},
    "drawing": {"domain"},
    "web": {"store", "domain"},
    "composition": INSIDE | {"drawing", "ending", "providers"},
    "selfcheck": INSIDE | {"ending", "lawbooks"},
    # These two run the whole: they stand above the composition.
    "replay": {"composition", "importing", "lawbooks", "settings", "workflows", "store", "domain"},
    "demo": {
        *("composition", "lawbooks", "settings", "replay"),
        *("workflows", "activities", "providers", "store", "domain"),
    },
    "commandline": {
        *(
            "composition",
            "ending",
            "settings",
            "importing",
            "banking",
            "dropping",
            "lawbooks",
            "selfcheck",
            "replay",
            "demo",
        ),
        *("activities", "store", "drawing", "domain"),
    },
}
MODULES = {
    "environment": set[str](),
    "settings": {"domain", "environment"},
    "ending": {"settings", "domain", "store"},
    "importing": INSIDE | {"ending"},
    "banking": INSIDE | {"ending", "importing"},
    "dropping": INSIDE | {"ending", "importing", "banking"},
    "lawbooks": {"settings", "ending", "domain"},
    "worker": INSIDE | {"ending", "lawbooks", "selfcheck"},
    "starter": INSIDE | {"ending", "commandline"},
}
OURS = {*FOLDERS, *MODULES, "bench", "tests"}

# All that `domain/` may import besides itself: what neither reads, nor writes, nor waits.
PURE = set(
    """abc base64 binascii bisect calendar collections contextlib copy csv dataclasses datetime decimal
    difflib enum fractions functools graphlib hashlib heapq hmac html inspect io ipaddress itertools json
    keyword math numbers operator pprint re reprlib statistics string struct textwrap types typing unicodedata
    uuid zlib zoneinfo
    holidays pydantic pydantic_core typing_extensions yaml
    email_validator phonenumbers stdnum""".split()  # their tables are files; none asks the network here
)
CLOCKS = {"now", "today", "utcnow", "uuid1", "uuid4", "uuid6", "uuid7"}
CLOCK_OWNERS = {"date", "datetime", "uuid"}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "compile", "__import__"}

MOST_LINES = 60
MOST_BYTES = 40 * 1024
WITHOUT_MEANING = {"util", "utils", "manager", "managers", "helper", "helpers"}
LOCKS = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json", "yarn.lock"}


# --- arrows --------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_between_folders_follow_the_arrows(folder: str) -> None:
    for module, imported in imports_of(folder):
        target = imported.partition(".")[0]
        if target in OURS - {folder}:
            allowed = ", ".join(sorted(FOLDERS[folder])) or "nothing of ours"
            assert target in FOLDERS[folder], (
                f"{where(module, imported)} imports {imported}: {folder}/ may import {allowed};"
                " move the code down, or let the caller hand it in"
            )


@pytest.mark.parametrize("module", MODULES)
def test_imports_of_the_root_modules_follow_the_arrows(module: str) -> None:
    path = ROOT / f"{module}.py"
    if not path.exists():
        pytest.skip(f"{path.name} does not exist yet")
    for name, line in imported_names(tree_of(path)):
        target = name.partition(".")[0]
        if target in OURS - {module}:
            allowed = ", ".join(sorted(MODULES[module]))
            assert target in MODULES[module], (
                f"{path.name}:{line} imports {name}: {path.name} may import {allowed};"
                " vendors are known to composition/ alone"
            )


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_of_code_says_its_rule_in_its_init(folder: str) -> None:
    """Without it the folder is a namespace package, whose imports nobody watches."""
    for path in python_files(folder):
        if "migrations" in path.parts:  # Alembic loads them by their path
            continue
        init = path.parent / "__init__.py"
        assert init.exists(), (
            f"{short(path.parent)}/ has modules: add {short(init)} with a sentence as docstring"
        )
        assert ast.get_docstring(tree_of(init)), f"{short(init)}: write a docstring of one sentence"


# --- purity --------------------------------------------------------------------------------------


def test_the_domain_imports_only_what_is_pure() -> None:
    for module, imported in imports_of("domain"):
        target = imported.partition(".")[0]
        assert target in PURE | OURS, (
            f"{where(module, imported)} imports {imported}: domain/ is pure (no I/O, clock, chance, vendor);"
            " pass the value in as an argument"
        )


def test_the_domain_reads_no_clock_and_touches_nothing() -> None:
    """The sandbox of the workflows cannot see it: the domain is passed through."""
    for path in python_files("domain"):
        for line, fault in impurities(tree_of(path)):
            pytest.fail(
                f"{short(path)}:{line} uses {fault}: domain/ is pure; pass the value in as an argument"
            )


def impurities(tree: ast.Module) -> Iterator[tuple[int, str]]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    owners = CLOCK_OWNERS | {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname and alias.name in CLOCK_OWNERS
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=value, attr=attr) if attr in CLOCKS:
                owner = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
                if id(node) in called or owner in owners:
                    yield node.lineno, f"{ast.unparse(node)}, which is another on every call"
            case ast.ImportFrom(module="uuid" | "datetime", names=names):
                for alias in names:
                    if alias.name in CLOCKS:
                        yield node.lineno, f"{alias.name}, which is another on every call"
            case ast.Name(id=name) if name in IMPURE_CALLS and id(node) in called:
                yield node.lineno, f"{name}()"
            case ast.Attribute(value=ast.Name(id="io"), attr="open" | "open_code" | "FileIO"):
                yield node.lineno, f"io.{node.attr}"


# --- workflows -----------------------------------------------------------------------------------


def test_workflow_files_pass_our_imports_through() -> None:
    """A second, sandboxed copy of a class is never equal to the first: enums and dataclasses differ."""
    for path in python_files("workflows"):
        tree = tree_of(path)
        passed = {
            id(node)
            for block in ast.walk(tree)
            if isinstance(block, ast.With) and any(passes_through(item) for item in block.items)
            for node in ast.walk(block)
        }
        for node in ast.walk(tree):
            if id(node) in passed or not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            names = [name for name, _ in imported_names(ast.Module([node], []))]
            ours = [name for name in names if name.partition(".")[0] in OURS]
            assert not ours, (
                f"{short(path)}:{node.lineno} imports {', '.join(ours)}:"
                " move it into `with workflow.unsafe.imports_passed_through():`"
            )


def passes_through(item: ast.withitem) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and ast.unparse(call.func).endswith("imports_passed_through")


# --- files, names, sizes -------------------------------------------------------------------------


def test_test_folders_are_no_packages() -> None:
    """`tests/domain/__init__.py` would hide our `domain` from every test."""
    for path in python_files("tests"):
        assert path.name != "__init__.py", f"{short(path)}: delete it, tests are found without"


def test_the_lock_names_every_extra_that_a_package_asks_for() -> None:
    """Without the extra an older pip takes the newest release instead of the locked one, and has no hash."""
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    asked = (Requirement(text) for installed in distributions() for text in installed.requires or ())
    for package in asked:
        if package.extras and (package.marker is None or package.marker.evaluate({"extra": ""})):
            named = f"{package.name}[{','.join(sorted(package.extras))}]=="
            assert named in lock, f"requirements.txt lacks {named}: run `make lock`"


def test_requirements_name_no_address() -> None:
    found = sorted(ROOT.glob("requirements*.txt")) + sorted(ROOT.glob("requirements*.in"))
    assert found, "requirements.in and requirements.txt are missing: `make lock` writes the second"
    for path in found:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            assert "://" not in line, (
                f"{short(path)}:{number} has an address: name the package alone, and run `make lock`"
                " without --emit-index-url and --emit-find-links"
            )


def test_there_is_no_lock_that_records_addresses() -> None:
    for path in files():
        is_lock = path.name in LOCKS or path.name.startswith("pylock.")
        assert not is_lock, f"{short(path)} records addresses: delete it, `make lock` writes requirements.txt"


def test_functions_are_short() -> None:
    for path in python_files():
        if path.is_relative_to(ROOT / "tests"):
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                assert lines <= MOST_LINES, (
                    f"{short(path)}:{node.lineno} {node.name} has {lines} lines, {MOST_LINES} at most:"
                    " give a part of it a name of its own"
                )


def test_modules_are_small() -> None:
    for path in python_files():
        size = path.stat().st_size
        assert size <= MOST_BYTES, (
            f"{short(path)} has {size} bytes, {MOST_BYTES} at most: find the noun in it that wants a file"
        )


def test_modules_are_named_by_what_they_are_about() -> None:
    for path in python_files():
        for part in (*path.relative_to(ROOT).parent.parts, path.stem):
            wrong = WITHOUT_MEANING & set(part.split("_"))
            assert not wrong, f"{short(path)}: {part!r} says nothing; name it by the noun it is about"


def test_annotations_are_not_postponed() -> None:
    """SQLModel's relationships and Temporal's converters read them."""
    for path in python_files():
        for name, line in imported_names(tree_of(path)):
            assert name != "__future__.annotations", (
                f"{short(path)}:{line}: delete it, quote the name instead"
            )


# --- reading the tree ----------------------------------------------------------------------------


@cache
def files() -> tuple[Path, ...]:
    """Return every file of the project: nothing hidden, nothing that a run or a build left behind."""

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            left_behind = folder == ROOT and path.name in {"var", "build", "dist"}
            if path.name.startswith(".") or path.name == "__pycache__" or left_behind:
                continue
            if path.is_dir():
                yield from walk(path)
            else:
                yield path

    return tuple(walk(ROOT))


def python_files(folder: str = "") -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and path.is_relative_to(ROOT / folder)]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield each imported name, in full, with its line; relative ones have no place here (ruff)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def is_package(folder: str) -> bool:
    return (ROOT / folder / "__init__.py").exists()


@cache
def graph() -> grimp.ImportGraph:
    present = [folder for folder in FOLDERS if is_package(folder)]
    for folder in present:
        found = sys.modules.get(folder)
        assert found is None or Path(str(found.__file__)).is_relative_to(ROOT), (
            f"{found} hides our {folder}/: a dependency brings a package of that name"
        )
    return grimp.build_graph(
        *present, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )


def imports_of(folder: str) -> list[tuple[str, str]]:
    """Return (module, imported) for all that the modules of `folder` import, inside functions too."""
    if not is_package(folder):
        return []
    everything = graph()
    modules = {folder} | everything.find_descendants(folder)
    return sorted(
        (module, imported)
        for module in modules
        for imported in everything.find_modules_directly_imported_by(module)
    )


def where(module: str, imported: str) -> str:
    details = graph().get_import_details(importer=module, imported=imported)
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return f"{short(file)}:{details[0]['line_number']}" if details else short(file)


def test_a_decision_has_a_number_of_its_own_and_is_where_others_look_for_it() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(page.name.partition("-")[0]) for page in pages]
    assert numbers == list(range(1, len(pages) + 1)), "two decisions have one number: take the next"
    for page, number in zip(pages, numbers, strict=True):
        assert page.read_text(encoding="utf-8").startswith(f"# {number}. "), f"{page.name}: its heading"
    for path in [*(ROOT / "domain").rglob("*.py"), *(ROOT / "store").rglob("*.py")]:
        for named in re.findall(r"docs/decisions/(\d{4})", path.read_text(encoding="utf-8")):
            assert int(named) in numbers, f"{path.name}: there is no decision {named}"

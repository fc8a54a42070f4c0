"""Where the values of settings come from: the environment, one file of them, and a file for each secret.

What the environment says wins over the file. No error shows a value: what cannot be read may be a secret.
"""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

FILE = "ARREARS_ENV_FILE"
"""Names the file of settings; it stands in the environment alone."""

SUFFIX = "_FILE"
"""Of a variable that names the file in which a secret is, as container platforms mount them."""

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_ALIKE = 0.85
_QUOTES = ("'", '"')


class BadEnvironment(ValueError):
    """Files of settings cannot be used; a line each, without a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The variables that there are, in upper case.

    Attributes:
        secret: those that may stand in a file of their own, and make the file of settings a secret.
    """

    all: frozenset[str]
    secret: frozenset[str]

    def strange(self, name: str) -> str | None:
        """Say what is wrong with a name that looks like one of ours and is none; None of any other."""
        if name in self.all or name == FILE or plain(name) in self.secret:
            return None
        if plain(name) in self.all:
            return f"{name} is no setting: {plain(name)} is no secret, so set it itself"
        either = {*self.all, *(f"{each}{SUFFIX}" for each in self.secret)}
        close = get_close_matches(name, sorted(either), n=1, cutoff=_ALIKE)
        return f"{name} is no setting: did you mean {close[0]}?" if close else None

    def vendors(self, name: str) -> bool:
        """Whether a name begins as several of ours do, such as TWILIO_."""
        first = Counter(each.partition("_")[0] for each in self.all if "_" in each)
        return "_" in name and first[name.partition("_")[0]] > 1


@dataclass(frozen=True, slots=True)
class Gathered:
    """What files say that the environment itself does not, and where each of it stands."""

    values: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)


def gathered(environ: Mapping[str, str], names: Names) -> Gathered:
    """Return what stands in files: those of secrets, and the one of settings.

    Raises:
        BadEnvironment: with every problem.
    """
    given, reading = {name.upper(): value for name, value in environ.items()}, _Reading(names)
    found = reading.secrets(given, {})
    if path := given.get(FILE):
        lines = reading.lines(Path(path))
        known = given.keys() | found.values.keys()
        left = {name: text for name, text in lines.values.items() if not {name, plain(name)} & known}
        secrets = reading.secrets(left, lines.places)
        written = {name: text for name, text in left.items() if name in names.all}
        places = {name: lines.places[name] for name in written}
        found = Gathered(
            {**written, **secrets.values, **found.values}, {**places, **secrets.places, **found.places}
        )
    if reading.problems:
        raise BadEnvironment("\n".join(reading.problems))
    return found


def plain(name: str) -> str:
    """Return the variable whose file another one names; empty where it names none."""
    return name.removesuffix(SUFFIX) if name.endswith(SUFFIX) else ""


class _Reading:
    """Reads files, and collects what is wrong with them."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.problems: list[str] = []

    def secrets(self, given: Mapping[str, str], places: Mapping[str, str]) -> Gathered:
        """Return the secrets whose files are named by what is given."""
        found = Gathered()
        for name in sorted(self.names.secret):
            variable = f"{name}{SUFFIX}"
            if not (file := given.get(variable)):
                continue
            about = f"{places[variable]}: {variable}" if variable in places else variable
            if name in given:
                self.problems.append(f"{about}: {name} is set as well: set one of the two")
            elif (text := self._text(Path(file), about)) is not None:
                found.values[name], found.places[name] = text.strip(), file
                if not text.strip():
                    self.problems.append(f"{about}: {file} is empty")
        return found

    def lines(self, path: Path) -> Gathered:
        """Return the values of a file of settings, and the place of each."""
        text, found = self._text(path, FILE), Gathered()
        for number, line in enumerate((text or "").splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                self._line(line.strip(), f"{path}:{number}", found)
        secret = any(found.values.get(name) for name in self.names.secret)
        if text is not None and (problem := _exposed(path, holds_secrets=secret)) is not None:
            self.problems.append(f"{FILE}: {path} {problem}")
        return found

    def _line(self, line: str, place: str, found: Gathered) -> None:
        matched = _LINE.fullmatch(line)
        if matched is None:
            self.problems.append(f"{place}: write KEY=value, or # before a comment")
            return
        name, value = matched[1].upper(), _unquoted(matched[2])
        self.problems += [f"{place}: {problem}" for problem in self._wrong(name, value, found)]
        found.values[name], found.places[name] = value or "", place

    def _wrong(self, name: str, value: str | None, found: Gathered) -> Iterator[str]:
        if value is None:
            yield f"{name}: put the value between quotes, and a comment on a line of its own"
        if name in found.places:
            other = found.places[name].rpartition(":")[2]
            yield f"{name} stands in line {other} already: keep one of the two"
        if name == FILE:
            yield f"{FILE} is for the environment: a file of settings names no other"
        elif (strange := self.names.strange(name)) is not None:
            yield strange
        elif self.names.vendors(name) and name not in self.names.all and plain(name) not in self.names.secret:
            yield f"{name} is no setting: docs/operators.md has them all"

    def _text(self, path: Path, about: str) -> str | None:
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            self.problems.append(f"{about}: {path} is not UTF-8 text")
        except OSError as error:
            self.problems.append(f"{about}: {path}: {error.strerror or type(error).__name__}")
        return None


def _unquoted(written: str) -> str | None:
    """Return a value without its quotes; None where it cannot be said where it ends."""
    if written[:1] in _QUOTES:
        whole = len(written) > 1 and written.endswith(written[0]) and written.count(written[0]) == 2
        return written[1:-1] if whole else None
    return None if " #" in written or "\t#" in written else written


def _exposed(path: Path, *, holds_secrets: bool) -> str | None:
    """Say who else has rights to a file of settings; on a system without such rights nobody has."""
    mode = path.stat().st_mode if os.name == "posix" else 0
    if mode & stat.S_IWOTH:
        return f"may be written by everybody: run `chmod 640 {path}`"
    if holds_secrets and mode & stat.S_IROTH:
        return f"holds secrets, and everybody may read it: run `chmod 640 {path}`"
    return None

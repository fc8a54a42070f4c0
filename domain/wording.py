"""In which words a message went out: what proves a copy of it right, without being one."""

import hashlib
import json
import re
from dataclasses import dataclass

from domain.notice import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of a message.

    Attributes:
        asked: the language that was asked for, as a tag; `language` is the one that it was written in.
        version: of all words that ship.
        sha256: of the message as it was handed over.
    """

    channel: str
    template: str
    asked: str
    language: str
    version: str
    sha256: str

    @property
    def fell_back(self) -> bool:
        """Whether there were no words in the language that was asked for."""
        return re.split("[-_]", self.asked)[0].lower() != re.split("[-_]", self.language)[0].lower()


def sha256_of(message: Message) -> str:
    """Return the digest of what a reader gets: subject, text and the HTML half."""
    read = json.dumps([message.subject, message.text, message.html], ensure_ascii=False)
    return hashlib.sha256(read.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A message that was made again, and its words."""

    message: Message
    words: Wording

    def differs(self, kept: Wording) -> str | None:
        """Say why it is not the message that went out in these words, as far as that can be told.

        None where it is: the same digest of subject, text and HTML.
        """
        if self.words.sha256 == kept.sha256:
            return None
        if self.words.version != kept.version:
            return f"the words have changed since: {kept.version} then, {self.words.version} now"
        if self.words.language != kept.language:
            return f"the language has changed since: {kept.language} then, {self.words.language} now"
        return "the words are those of then: a name, an address or a setting of the seller has changed"

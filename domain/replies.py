"""Replies: what a customer wrote back, and what it seems to be about.

Whoever says stop is heard at once, in any wording; what else is said, a person reads. Nothing is
guessed into a promise: words are sorted here, never acted on.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Says = Literal["stop", "start", "help", "unclear_stop", "paid", "dispute", "call_me", "will_pay", "other"]

STOP = frozenset("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT".split())
START = frozenset("START UNSTOP YES".split())
HELP = frozenset("HELP INFO".split())
"""Words that the vendor answers by itself, when they are all that is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message of a customer to us.

    Attributes:
        sender: the number that it came from; empty where it is none.
        keyword: STOP, START or HELP where the vendor has taken it for one.
    """

    source: str
    dedupe: str
    provider_ref: str
    channel: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    keyword: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a reply seems to be about.

    Attributes:
        answered: the vendor answers it by itself.
        besides: what else a person has to read in a stop that is more than the bare word.
    """

    says: Says
    answered: bool = False
    besides: Says | None = None


def understand(text: str, *, keyword: str = "") -> Understood:
    """Return what a reply is about; of several things the one that binds us most."""
    said = text.strip().upper()
    if keyword == "STOP" or said in STOP:
        return Understood(says="stop", answered=True)
    if keyword == "HELP" or said in HELP:
        return Understood(says="help", answered=True)
    if keyword == "START" or said in START:
        return Understood(says="start", answered=True)
    words = plain(text)
    says = _about(_WISHES, " ".join(_NO_WISH.sub(" ", words).split()))
    if says == "stop":
        return Understood(says="stop", besides=_about(_SUBJECTS, words) or "unclear_stop")
    return Understood(says=says or _about((*_SUBJECTS, *_QUESTIONS), words) or "other")


def _about(read: Sequence[tuple[Says, re.Pattern[str]]], words: str) -> Says | None:
    return next((says for says, pattern in read if pattern.search(words)), None)


def plain(text: str) -> str:
    """Return a text in lower case without marks, signs and doubled blanks, as the patterns read it."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    letters = "".join(char if char.isalnum() else " " for char in _CONTRACTED.sub("", folded))
    return " ".join(letters.split())


# don't, I'll; in French the same mark stands between two words.
_CONTRACTED = re.compile(r"(?<=n)'(?=t\b)|'(?=(?:ll|s|ve|re)\b)")


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


_POLITE = "please|pls|plz|ok|hey|hi|no|just|now|it|this|that|all|thanks|thank you"
_SEND = "(?:text|message|messag|sms|contact|writ|send|mail|email)(?:e|s|ing)?"
_MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|märz|mai|okt|dez"
    "|janv|f[eé]vr|mars|avril|juin|juil|ao[uû]t|d[eé]c"
)
_DAYS = (
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|tomorrow|next week"
    "|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|morgen|nächste woche|monatsende"
    "|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain|semaine prochaine|fin du mois"
)

# Complaints that sound like a wish to hear no more: cut out before such a wish is looked for, so that
# one that stands beside them is heard.
_GOT = "(?:bekommen|erhalten|gekriegt)"
_NO_WISH = _any(
    r"\b(?:you|they) (?:never|dont|do not) (?:send|mail|email) (?:me |us )?(?:an?|the|any|my|our|your)?"
    r" ?(?:\w+ )?(?:invoice|bill|statement|receipt|contract|document|copy|copies)",
    r"\b(?:dont|do not|never) send (?:me|us|this|it|that) to\b",
    rf"\bhab\w* (?:(?!will|woll|möcht|moecht)\w+ ){{0,3}}keine? (?:\w+ ){{1,4}}{_GOT}\b",
    rf"^keine? (?:(?!mehr\b)\w+ ){{1,3}}{_GOT}$",
    r"\b(?:sie|ihr) (?:schick|send|schreib)\w* (?:mir|uns) nie\b(?! (?:wieder|mehr)\b)",
    r"\bvous ne (?:me |m |nous )?(?:avez|envoy\w*|[eé]cri\w*) (?:jamais|pas)\b",
)

# Read in this order, each in English, German, French and Korean. A wish to hear no more comes before all
# else, unless the same words deny it; whatever has such a word and is not understood, a person decides.
_WISHES: Sequence[tuple[Says, re.Pattern[str]]] = (
    (
        "unclear_stop",
        _any(
            r"\b(?:dont|do not|never|wont|cant|cannot|didnt|when will you|why did you) (?:ever )?stop\b",
            r"\bstop(?:ped|ping)? (?:by|at|in|over|payment|the (?:payment|cheque|check|service))\b",
            r"\bnicht (?:auf ?hören|stoppen|abmelden)\b",
            r"\bn ?arr[eê]te[rz]? pas\b",
            r"(?:그만|중지|거부)하?지 ?(?:마|말)",
        ),
    ),
    (
        "stop",
        _any(
            rf"^(?:(?:{_POLITE}) )*stop(?: (?:{_POLITE}))*$",
            rf"^(?:(?:{_POLITE}) )*(?:cancel|end|quit|revoke)(?: (?:{_POLITE}))*$",
            rf"\bstop (?:(?:all|the|these|those|your|any|it|me|with) )*{_SEND}\b",
            rf"\b(?:dont|do not|never|no longer|quit|cease|no more) {_SEND}\b",
            rf"^(?:please )?no {_SEND}(?: please)?$",
            r"\bun ?subscribe|\bopt(?:ing)? ?(?:me )?out\b|\bstop ?all\b",
            r"\b(?:remove|delete|take) (?:me|my (?:number|phone|details|data))\b",
            r"\bleave me alone\b|\bcease and desist\b|\b(?:revoke|withdraw) (?:my )?consent\b",
            r"\bkeine? (?:weiteren? |mehr )?(?:sms|nachricht|mail|e mail|text|kontakt)",
            r"\b(?:nicht|nie) (?:mehr|wieder) (?:an)?(?:schreib|kontaktier|text|send|schick)",
            r"\b(?:abmelden|abbestell\w*|austragen|stopp(?:en)?|aufhören|hört auf|hören sie auf)\b",
            r"\b(?:schreib|kontaktier|send|schick|text)\w* (?:sie )?mi(?:r|ch) (?:bitte )?(?:nicht|kein|nie)",
            r"\b(?:entfernen|löschen) sie mein|\bmich in ruhe\b",
            r"^(?:ich |hiermit )*widerrufe(?: ich| hiermit)*$",
            r"\bwiderrufe (?:\w+ ){0,4}(?:einwilligung|zustimmung|einverständnis|erlaubnis)",
            r"\b(?:arr[eê]te[rz]?|cesse[rz]?|stoppe[rz]?)\b",
            r"\bd[eé]sabonn|\bd[eé]sinscri|\bplus de (?:sms|message|texto|mail|courriel)",
            r"\bne (?:me |m |nous )?(?:plus )?(?:contact|envoy|[eé]cri)\w*",
            r"\b(?:retire|supprime|enl[eè]ve)[rz]? (?:moi|mon num[eé]ro|mes donn[eé]es)\b",
            r"수신 ?거부|(?:보내|연락하|문자하|하)지 ?(?:마|말)|문자 ?(?:그만|거부)",
            r"(?:그만|중지|중단|차단|해지)(?: ?(?:해|하|보내|연락|부탁|요청)|$)|연락 ?(?:그만|금지|거부)",
        ),
    ),
    ("unclear_stop", _any(r"\bstop\b|\bunsub|\bopt ?out\b|\babmeld|\barr[eê]t|그만|거부")),
)
_SUBJECTS: Sequence[tuple[Says, re.Pattern[str]]] = (
    (
        "dispute",
        _any(
            r"\bdisput|\bcontest|\bincorrect\b|\bwrong (?:amount|invoice|bill)\b|\bovercharged\b",
            r"\b(?:not|isnt) (?:mine|my|our)\b|\b(?:never|didnt|did not) (?:order|receiv|get|got)",
            r"\b(?:dont|do not) owe\b|\blawyer\b|\battorney\b|\bfraud",
            r"\breklam|\brechnung (?:ist )?falsch|\bfalsche rechnung|\bbestreite|\bwiderspr|\banwalt\b",
            rf"\b(?:nicht|nie) bestellt\b|\b(?:nicht |nie |keine? (?:\w+ ){{1,4}}){_GOT}\b|\bwiderruf",
            r"\bconteste|\blitige\b|\berreur\b|\bavocat\b|\br[eé]clamation\b",
            r"\b(?:pas|jamais) (?:command|re[cç]u)",
            r"이의|잘못|틀렸|변호사|주문(?:한 적|하지 않)",
        ),
    ),
    (
        "paid",
        _any(
            r"\bpaid\b|\bpayment (?:was )?(?:sent|made|done)\b|\bsent (?:the |you )?(?:payment|money)\b",
            r"\btransferred\b|\bwired\b|\b(?:bezahlt|überwiesen|gezahlt|beglichen)\b",
            r"\bpayée?\b|\br[eé]glée?\b|\bai (?:d[eé]j[aà] )?(?:pay|r[eé]gl|vir)",
            r"\bvirement (?:fait|effectu|envoy)",
            r"(?:입금|결제|납부|송금|지불) ?(?:했|완료|하였|됐|되었)",
        ),
    ),
    (
        "call_me",
        _any(
            r"\b(?:call|phone|ring) (?:me|us|back)\b|\b(?:speak|talk) (?:to|with)\b",
            r"\bgive (?:me|us) a (?:call|ring)\b|\bruf(?:en sie|t)? (?:mich|uns)\b|\brückruf|\bzurückrufen",
            r"\br?appele[rz]",
            r"전화 ?(?:주|부탁|해|바랍)|통화",
        ),
    ),
    (
        "will_pay",
        _any(
            r"\bpay\b|\bpaying\b|\binstal?lments?\b|\bpayment plan\b|\bmore time\b|\bextension\b",
            r"\b(?:be)?zahlen?\b|\büberweise|\braten(?:zahlung)?\b|\baufschub\b",
            r"\bpa[iy]e|\br[eè]gler|\bvirement\b|\bd[eé]lai\b|\b[eé]ch[eé]ancier\b",
            r"(?:입금|결제|납부|송금|지불) ?(?:할|하겠|예정)|분할|연기",
            rf"\b(?:{_DAYS})\b|\b[0-9]{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTHS})",
            rf"\b(?:{_MONTHS})[a-z]* [0-9]{{1,2}}\b",
            r"\b[0-9]{1,2} ?월 ?[0-9]{1,2} ?일|내일|[월화수목금토일]요일",
        ),
    ),
)
_QUESTIONS: Sequence[tuple[Says, re.Pattern[str]]] = (
    (
        "help",
        _any(r"\bhelp\b|\bwho (?:is|are)\b|\bhilfe\b|\bwer (?:ist|sind)\b|\baide\b|\bqui \w+tes\b|도움|누구"),
    ),
)

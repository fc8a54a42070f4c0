"""What a customer sees who unsubscribes, and the one text that confirms an opt-out by SMS."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{title}</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.7rem 1.2rem}}</style></head>
<body><main><h1>{title}</h1><p>{text}</p>{more}</main></body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    title: str
    ask: str
    button: str
    done: str
    unknown: str
    texted: str


_WORDS: Mapping[str, _Words] = {
    "en": _Words(
        title="Unsubscribe from our emails",
        ask="We will send you no more emails. What you owe stays as it is, and we may write by post.",
        button="Unsubscribe",
        done="You will get no more emails from us.",
        unknown="This link cannot be read. Answer one of our emails, and we will unsubscribe you.",
        texted="{seller}: you will get no more texts from us. Reply START to get them again.",
    ),
    "de": _Words(
        title="E-Mails abbestellen",
        ask="Wir senden Ihnen keine E-Mails mehr. Offene Beträge bleiben offen; wir schreiben per Post.",
        button="Abbestellen",
        done="Sie erhalten keine E-Mails mehr von uns.",
        unknown="Dieser Link ist nicht lesbar. Antworten Sie auf eine E-Mail, und wir bestellen sie ab.",
        texted="{seller}: Sie erhalten keine SMS mehr von uns. Mit START erhalten Sie sie wieder.",
    ),
    "fr": _Words(
        title="Ne plus recevoir nos e-mails",
        ask="Nous n’enverrons plus d’e-mails. Les sommes dues restent dues ; nous écrirons par courrier.",
        button="Me désabonner",
        done="Vous ne recevrez plus d’e-mails de notre part.",
        unknown="Ce lien est illisible. Répondez à l’un de nos e-mails et nous vous désabonnerons.",
        texted="{seller}: vous ne recevrez plus de SMS. Répondez START pour les recevoir à nouveau.",
    ),
    "ko": _Words(
        title="이메일 수신 거부",
        ask="더 이상 이메일을 보내지 않습니다. 미납 금액은 그대로이며 우편으로 연락드릴 수 있습니다.",
        button="수신 거부",
        done="더 이상 이메일을 보내지 않습니다.",
        unknown="링크를 읽을 수 없습니다. 저희 이메일에 회신하시면 수신 거부해 드립니다.",
        texted="{seller}: 더 이상 문자를 보내지 않습니다. 다시 받으시려면 START로 회신해 주세요.",
    ),
}


def _words(language: str) -> tuple[str, _Words]:
    code = language.partition("-")[0].lower()
    return (code, _WORDS[code]) if code in _WORDS else ("en", _WORDS["en"])


def ask(language: str) -> str:
    """Return the page with the button: nothing happens before it is pressed."""
    code, words = _words(language)
    button = f'<form method="post"><button>{escape(words.button)}</button></form>'
    return _PAGE.format(language=code, title=words.title, text=words.ask, more=button)


def done(language: str) -> str:
    """Return the page that says that it is done."""
    code, words = _words(language)
    return _PAGE.format(language=code, title=words.title, text=words.done, more="")


def unknown() -> str:
    """Return the page for a link that is not ours."""
    return _PAGE.format(language="en", title=_WORDS["en"].title, text=_WORDS["en"].unknown, more="")


def confirmation(language: str, seller: str) -> str:
    """Return the one confirmation of an opt-out, as it is texted."""
    return _words(language)[1].texted.format(seller=seller)

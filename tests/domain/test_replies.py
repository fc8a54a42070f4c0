"""What customers write back, in four languages; nothing is guessed into a promise."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.replies import HELP, START, STOP, Says, understand

SAID: dict[Says, str] = {
    "stop": """
        Stop please|please stop|STOP.
        stop!!|Stop texting me|please don't text me|Please don’t text me anymore
        do not contact me again|never contact me|stop all messages
        no more texts|unsubscribe me|opt out|OPT-OUT
        opt me out|remove me from your list|take my number off
        leave me alone|I revoke my consent|no sms please
        please cancel|Stop it now|Stop sms|stop sending me these|quit texting me|cease and desist
        Bitte keine SMS mehr|Bitte schreiben Sie mir nicht mehr|Abmelden
        Hören Sie auf|Stopp|keine Nachrichten mehr
        Schicken Sie mir bitte keine SMS|Lassen Sie mich in Ruhe|Ich widerrufe meine Einwilligung
        arrêtez|Arretez de m'envoyer des sms|ne m'écrivez plus
        Ne me contactez plus|me désabonner|plus de SMS
        supprimez mon numéro|désinscription|stoppez
        수신거부|수신 거부합니다|그만 보내세요|문자 보내지 마세요|연락하지 마세요|문자 그만|중단해 주세요
    """,
    "unclear_stop": """
        don't stop|I will stop by tomorrow|I can't stop the transfer|N'arrêtez pas|bus stop|nicht aufhören
    """,
    "paid": """
        I paid yesterday|already paid!|payment sent|habe gestern überwiesen|ist bezahlt|j'ai payé hier
        C'est réglé|어제 입금했습니다|결제 완료
    """,
    "dispute": """
        I dispute this invoice|never ordered this|this is not mine|we don't owe you anything
        you overcharged us
        Die Rechnung ist falsch|das habe ich nicht bestellt|mein Anwalt meldet sich|je conteste
        c'est une erreur
        이의 있습니다|잘못된 청구
    """,
    "call_me": """
        call me|please call me back|can I speak to somebody|Rufen Sie mich an|Bitte um Rückruf|rappelez-moi
        전화 주세요
    """,
    "will_pay": """
        I pay on Friday|will pay tomorrow|12 Dec|on the 3rd of March|next week|can I get a payment plan
        ich zahle am Freitag|nächste Woche|Ratenzahlung möglich?|je paierai vendredi|demain
        금요일에 입금하겠습니다|12월 3일|내일
    """,
    "help": "who is this?|I need help|Hilfe|aidez-moi s'il vous plaît, aide|누구세요",
    "other": "ok|?|hello there|💥|thanks|.|Danke|merci|네",
}


@pytest.mark.parametrize(
    ("says", "text"),
    [
        (says, text.strip())
        for says, all_ in SAID.items()
        for text in all_.replace("\n", "|").split("|")
        if text.strip()
    ],
)
def test_words_are_sorted(says: Says, text: str) -> None:
    for written in (text, text.upper(), f"  {text} "):
        assert understand(written).says == says


@pytest.mark.parametrize("word", sorted({*STOP, *START, *HELP}))
def test_what_the_vendor_answers_itself_is_known(word: str) -> None:
    for written in (word, word.lower(), f" {word.title()}\n"):
        assert understand(written).answered
    assert not understand(f"{word} please").answered


def test_what_the_vendor_took_it_for_counts() -> None:
    assert understand("ARRET", keyword="STOP").says == "stop"
    assert understand("", keyword="HELP").says == "help"


@given(st.text(max_size=2000))
def test_no_words_are_too_strange(text: str) -> None:
    assert understand(text).says in get_args(Says)


@given(st.sampled_from(sorted(STOP)), st.text(alphabet=" \t\n", max_size=3))
def test_stop_is_never_missed_for_blanks_or_case(word: str, blank: str) -> None:
    assert understand(blank + word.swapcase() + blank).says == "stop"


@pytest.mark.parametrize(
    ("text", "besides"),
    [
        ("STOP", None),
        ("stop", None),
        ("Stop please", "unclear_stop"),
        ("Stop texting me, I never ordered this", "dispute"),
        ("I already paid, stop texting me", "paid"),
        ("No more texts, call me", "call_me"),
        ("Don't text me, I will pay Friday", "will_pay"),
        ("Hören Sie auf, die Rechnung ist falsch", "dispute"),
        ("Arrêtez, j'ai payé hier", "paid"),
        ("Keine SMS mehr! Ich habe keine Rechnung erhalten", "dispute"),
        ("I told you do not text me", "unclear_stop"),
        ("Ich habe gesagt, ich will keine SMS bekommen", "dispute"),
    ],
)
def test_a_stop_that_says_more_is_read_by_a_person_too(text: str, besides: Says | None) -> None:
    assert (understand(text).says, understand(text).besides) == ("stop", besides)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Ich habe keine E-Mail bekommen", "dispute"),
        ("Ich habe keine Nachricht erhalten", "dispute"),
        ("Keine Mail bekommen", "dispute"),
        ("You never send me an invoice", "other"),
        ("Sie schicken mir nie eine Rechnung", "other"),
        ("Ich widerrufe den Vertrag", "dispute"),
        ("Please do not send me to collections, I will pay Friday", "will_pay"),
        ("Vous ne m'envoyez jamais de facture", "other"),
    ],
)
def test_a_complaint_is_no_stop(text: str, says: Says) -> None:
    assert understand(text).says == says
    assert understand(f"{text}. Stop texting me").says == "stop"

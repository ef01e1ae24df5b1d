"""The kinds of nothing in the languages of the outlets, and by what each is told."""

from __future__ import annotations

import unicodedata

import pytest

from service.core.facts.page import FetchedPage
from service.core.states import Technique, Verdict
from service.core.verdict.grades import PageKind, page_kind
from tests.fakes_judging import LISTS, OTHER_PRESS, fetched, judged, lookalike, site

URL = "https://nordbote.ltd/"
K = PageKind

WORDINGS = {
    K.PARKED: {
        "de": "Diese Domain steht zum Verkauf. Jetzt Angebot einholen.",
        "en": "This domain is for sale! Get a price in less than 24 hours.",
        "fr": "Ce nom de domaine est à vendre. Faites une offre.",
        "it": "Questo dominio è in vendita. Contattaci subito.",
        "es": "Este dominio está en venta. Haga una oferta.",
        "pl": "Ta domena jest zaparkowana w naszym serwisie.",
        "nl": "Deze domeinnaam is te koop. Doe een bod.",
        "ru": "Этот домен продаётся. Обращайтесь к владельцу.",
        "uk": "Цей домен продається. Зверніться до власника.",
        "lv": "Šis domēns ir pārdošanā. Sazinieties ar mums.",
    },
    K.SUSPENDED: {
        "de": "Diese Domain wurde gesperrt. Bitte wenden Sie sich an den Kundendienst.",
        "en": "This account has been suspended. Contact your hosting provider.",
        "fr": "Ce site a été suspendu. Contactez votre hébergeur.",
        "it": "Questo sito è stato sospeso. Contattare il supporto.",
        "es": "Esta cuenta ha sido suspendida. Contacte con su proveedor.",
        "pl": "Konto zostało zawieszone. Skontaktuj się z biurem obsługi.",
        "nl": "Deze website is geblokkeerd. Neem contact op met uw hostingbedrijf.",
        "ru": "Сайт временно заблокирован. Обратитесь в службу поддержки.",
        "uk": "Сайт призупинено. Зверніться до служби підтримки.",
        "lv": "Konts ir apturēts. Sazinieties ar mitinātāju.",
    },
    K.DEFAULT: {
        "de": "Hier entsteht eine neue Website.",
        "en": "Welcome to nginx! If you see this page, the web server is successfully installed.",
        "fr": "Ce site est en construction.",
        "it": "Sito in costruzione.",
        "es": "Sitio web en construcción.",
        "pl": "Strona w budowie.",
        "nl": "Deze website is in aanbouw.",
        "ru": "Сайт находится в разработке.",
        "uk": "Сайт створюється.",
        "lv": "Vietne tiek izstrādāta.",
    },
    K.SEIZED: {
        "de": "Diese Domain wurde beschlagnahmt. Staatsanwaltschaft und Bundeskriminalamt.",
        "en": "This domain has been seized by the Federal Bureau of Investigation under a seizure warrant.",
        "fr": "Ce nom de domaine a été saisi. Parquet de Paris, Gendarmerie nationale.",
        "it": "Sito sottoposto a sequestro. Guardia di Finanza, Procura della Repubblica.",
        "es": "Este dominio ha sido incautado. Guardia Civil, Audiencia Nacional.",
        "pl": "Domena została zajęta. Policja, Prokuratura Krajowa.",
        "nl": "Dit domein is in beslag genomen. Politie en Openbaar Ministerie.",
        "ru": "Домен изъят. Генеральная прокуратура, полиция.",
        "uk": "Сайт вилучено. Служба безпеки України, кіберполіція. Офіс Генеральної прокуратури.",
        "lv": "Domēns ir arestēts. Valsts policija, Prokuratūra.",
    },
    K.CHALLENGE: {
        "de": "Bitte bestätigen Sie, dass Sie kein Roboter sind.",
        "en": "Checking your browser before accessing the site.",
        "fr": "Vérifiez que vous êtes humain.",
        "it": "Verifica di essere umano.",
        "es": "Verifica que eres humano.",
        "pl": "Potwierdź, że jesteś człowiekiem.",
        "nl": "Uw browser wordt gecontroleerd.",
        "ru": "Подтвердите, что вы не робот.",
        "uk": "Підтвердьте, що ви не робот.",
        "lv": "Apstipriniet, ka esat cilvēks.",
    },
}
CASES = [(kind, language, text) for kind, texts in WORDINGS.items() for language, text in texts.items()]


def small(text: str, **more: object) -> FetchedPage:
    return fetched(f"<html><head><title>nordbote.ltd</title></head><body><p>{text}</p></body></html>", URL, **more)


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, _, text in CASES], ids=[f"{k.value} {la}" for k, la, _ in CASES]
)
def test_a_kind_of_nothing_is_told_by_its_words_in_every_language_and_says_by_which(kind: PageKind, text: str) -> None:
    told = page_kind(small(text), LISTS.markers)
    assert told.kind is kind
    assert told.by.startswith("the page says “")


def test_accents_apart_typographic_apostrophes_and_broken_lines_do_not_hide_a_wording() -> None:
    text = unicodedata.normalize("NFD", "Ce nom\n de   domaine est à\u00a0vendre")
    assert page_kind(small(text), LISTS.markers).kind is K.PARKED
    assert page_kind(small("Confirmez que vous n\u2019êtes pas un robot"), LISTS.markers).kind is K.CHALLENGE


@pytest.mark.parametrize("kind", list(WORDINGS))
def test_a_newspaper_that_reports_on_it_has_content(kind: PageKind) -> None:
    for text in WORDINGS[kind].values():
        report = OTHER_PRESS.article().replace("<h1>", f"<h1>{text} ")
        assert page_kind(fetched(report, URL), LISTS.markers).kind is K.CONTENT


@pytest.mark.parametrize(
    ("page", "kind", "by"),
    [
        (fetched("", URL, bytes=0), K.EMPTY, "no text"),
        (fetched(None, URL, bytes=0), K.EMPTY, "without a body"),
        (fetched(None, URL, bytes=9, content_type="application/pdf"), K.NOT_HTML, "application/pdf"),
        (fetched("Nordbote", URL), K.PLACEHOLDER, "1 words"),
        (fetched("<h1>Not Found</h1>", URL, status=404), K.ERROR, "status 404"),
        (fetched(None, URL, status=502), K.ERROR, "status 502"),
        (fetched("<h1>403 Forbidden</h1>", URL, status=403, server="cloudflare"), K.CHALLENGE, "cloudflare"),
    ],
)
def test_what_says_nothing_at_all_is_told_by_its_size_and_status(page: FetchedPage, kind: PageKind, by: str) -> None:
    told = page_kind(page, LISTS.markers)
    assert (told.kind, by in told.by) == (kind, True)


@pytest.mark.parametrize("kind", list(WORDINGS))
def test_no_kind_of_nothing_is_an_impersonation_and_only_a_new_exact_label_is_suspected(kind: PageKind) -> None:
    for text in WORDINGS[kind].values():
        other = site(lookalikes=(lookalike(technique=Technique.COMBOSQUAT),))
        assert judged([small(text)], days_ago=3, of=other)["bote"].verdict is Verdict.UNKNOWN
        assert judged([small(text)], days_ago=3)["bote"].verdict is not Verdict.IMPERSONATION
        assert judged([small(text)], days_ago=4000)["bote"].verdict is Verdict.UNKNOWN

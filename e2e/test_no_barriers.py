"""Every page stands without barriers at 360 and 1280 px, light and dark; on a phone its targets are large."""

from __future__ import annotations

from playwright.sync_api import Page

from e2e.steps import ACCOUNT, no_barriers, sign_in

PAGES = (
    "/",
    "/caselle",
    "/caselle?scheda=altri&stato=tutte",
    "/caselle?cerca=nessuna&stato=inesistente",
    "/caselle/direzione@contiesoci.pec.example",
    "/caselle/ambiente@contiesoci.pec.example",
    "/caselle/progetto2023@contiesoci.pec.example",
    "/caselle/info@contiesoci.example",
    "/caselle/gare@contiesoci.pec.example/rinnova",
    "/caselle/info@contiesoci.example/rinnova",
    "/caselle/escluse?entro=12",
    "/caselle/spesa",
    "/caselle/allinea",
    "/caselle/allinea?data=2020-01-01",
    "/caselle/calendario",
    "/caselle/rinnovo-automatico",
    "/caselle/direzione@contiesoci.pec.example/rinnovo-automatico",
    "/caselle/direzione@contiesoci.pec.example/avvisi",
    "/metodi-di-pagamento",
    "/metodi-di-pagamento/nuovo",
    "/comunicazioni",
    "/caselle/nessuno@pec.example",
    "/ordini",
    "/credito",
    "/credito/ricarica",
    "/caselle/direzione@contiesoci.pec.example/spazio?mailbox_gb=1",
    "/caselle/direzione@contiesoci.pec.example/documento",
    "/profilo/attivita",
    "/ordini/AAAAAAAAAA",
    "/profilo",
    "/profilo/dati",
    "/profilo/avvisi",
    "/profilo/password",
    "/profilo/verifica",
    "/profilo/sessioni",
    "/recupero/password",
    "/aiuto",
    "/contratti",
    "/verifica?codice=ABCD-EFGH-JKLM",
    "/accessibilita",
    "/demo/posta",
    "/componenti",
)
COLOURFUL = ("/", "/caselle", "/caselle/ambiente@contiesoci.pec.example", "/componenti")
"""Where every component and badge is: these are held against both schemes at both widths."""
_WIDER = "document.scrollingElement.scrollWidth > window.innerWidth"
TOO_SMALL = """() => [...document.querySelectorAll(
        'main a.button, main button, main input, main select, main summary')]
    .filter(it => it.offsetParent && !['hidden', 'radio', 'checkbox'].includes(it.type))
    .filter(it => it.getBoundingClientRect().height < 43.5)
    .map(it => it.outerHTML.slice(0, 120))"""


def test_every_page_is_free_of_barriers(desktop: Page) -> None:
    page = desktop
    page.goto("/accedi")
    no_barriers(page)
    page.get_by_role("button", name="Accedi").click()
    no_barriers(page)
    sign_in(page, ACCOUNT)

    for path in PAGES:
        show(page, 360, "light")
        page.goto(path)
        no_barriers(page)
        assert page.evaluate(TOO_SMALL) == [], path
        for width, scheme in ((1280, "dark"), (360, "dark"), (1280, "light")):
            if (width, scheme) == (1280, "dark") or path in COLOURFUL:
                show(page, width, scheme)
                no_barriers(page)


def show(page: Page, width: int, scheme: str) -> None:
    """Show the page as it stands in another width and scheme: what it says does not change by that."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]


def test_no_page_is_wider_than_its_window_between_the_usual_widths(desktop: Page) -> None:
    sign_in(desktop, ACCOUNT)
    found = []
    for path in COLOURFUL:
        desktop.goto(path)
        for width in (320, 480, 767, 769, 991, 993, 1100, 1201):
            desktop.set_viewport_size({"width": width, "height": 800})
            if desktop.evaluate(_WIDER):
                found.append((path, width))

    assert found == []

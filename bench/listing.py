"""The list and the selection: P01, P03, P04, P07, P08, and the bytes of a page."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from bench.measure import Times, counted, interleaved, once
from bench.report import Report
from bench.site import Site, captured, get, post, settle, sizes
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.store.selections import SelectedMailbox

LIST = "/caselle?ordine=scadenza"


def measure(site: Site, report: Report, rounds: int) -> None:
    """Measure the list at three sizes and the selection at two."""
    small, middle, large = (site.client(size) for size in ("10", "1k", "100k"))
    reference = _reference(site, middle)
    deep = _deep_page(site, large)
    times = interleaved(
        {
            "reference": reference,
            "10": lambda: get(small, "/caselle"),
            "1k": lambda: get(middle, "/caselle"),
            "100k": lambda: get(large, "/caselle"),
            "deep": lambda: get(large, deep),
        },
        rounds,
    )
    base = times["reference"].median
    report.line("", "reference: same template, values in memory (CPU ms)", base)
    report.line("P01", "list of 50 rows, account of 1,000: CPU / reference", times["1k"].median / base, 2.3)
    report.line("", "list of 10 rows: CPU / reference", times["10"].median / base)
    report.line("P04", "list at 100,000 / at 1,000: CPU", times["100k"].median / times["1k"].median, 1.15)
    report.line(
        "P04", "list at 100,000 / at 1,000: wall", times["100k"].wall_median / times["1k"].wall_median, 1.25
    )
    report.line(
        "P04", "row 99,900 / first page: wall", times["deep"].wall_median / times["100k"].wall_median, 1.25
    )
    report.line("P07", "list p99 / p50", times["1k"].tail, 3)
    _counts(site, middle, report)
    _selection(site, middle, large, report)


def _reference(site: Site, client: FlaskClient) -> object:
    """Return an act that serves the same bytes from values already in memory."""
    template, values = captured(site.app, client, "/caselle")
    app = Flask("reference", static_folder=None)
    app.config.update(SECRET_KEY="reference", SERVER_NAME=None)

    def page() -> str:
        with site.app.test_request_context("/caselle"):
            return str(template.render(values))

    app.add_url_rule("/caselle", view_func=lambda: page(), endpoint="page")
    browser = app.test_client()
    return lambda: get(browser, "/caselle")


def _deep_page(site: Site, client: FlaskClient) -> str:
    """Return the address of the page that begins near row 99,900."""
    with site.services.reading() as session:
        account = session.scalar(select(Account).where(Account.username == site.usernames["100k"]))
        assert account is not None
        row = session.execute(
            select(Mailbox.expires_on, Mailbox.address)
            .where(Mailbox.account_id == account.id)
            .order_by(Mailbox.expires_on.desc(), Mailbox.address.desc())
            .offset(100)
            .limit(1)
        ).one()
    return deep_link(row.expires_on, row.address)


def deep_link(expires_on: object, address: str) -> str:
    """Return the address of the list from a place on."""
    return f"/caselle?dopo={expires_on}~{address}"


def _counts(site: Site, client: FlaskClient, report: Report) -> None:
    with counted(site.services.engine) as statements:
        response = get(client, "/caselle")
    raw, packed = sizes(response.data)
    report.line("P03", "statements of a list page", len(statements), 3)
    with counted(site.services.engine) as statements:
        get(client, "/")
    report.line("P03", "statements of the home page", len(statements), 5)
    report.line("", "list page, kB", raw)
    report.line("", "list page, kB gzip", packed)


def _selection(site: Site, middle: FlaskClient, large: FlaskClient, report: Report) -> None:
    """Select by months: about 50 of 1,000, then 20,000 and all 100,000."""
    from_list = {"page": "/caselle"}
    post(middle, "/caselle/selezione/scadenza", {"mesi": 1}, **from_list)
    taken, _ = once(lambda: post(large, "/caselle/selezione/scadenza", {"mesi": 3}, **from_list))
    with site.services.reading() as session:
        chosen = len(session.execute(select(SelectedMailbox.mailbox_id)).all())
    report.line("", f"select within 3 months, {chosen:,} mailboxes in all selections (ms)", taken)
    times = interleaved({"few": lambda: get(middle, "/caselle"), "many": lambda: get(large, "/caselle")}, 30)
    report.line("", f"list page with a selection of {chosen:,}: wall ms", times["many"].wall_median)
    with site.services.engine.connect() as connection:
        connection.rollback()
    taken, _ = once(lambda: post(large, "/caselle/selezione/scadenza", {"mesi": 12}, **from_list))
    report.line("", "select within 12 months, 100,000 mailboxes (ms)", taken)
    settle(site.services.engine)
    pages = {"few": lambda: get(middle, "/caselle"), "many": lambda: get(large, "/caselle")}
    extra = min(_extra(interleaved(pages, 15)) for _ in range(3))
    report.line("P08", "total of all 100,000 selected, over a page with few (ms)", extra, 60)
    post(large, "/caselle/selezione/svuota", {}, **from_list)


def _extra(times: dict[str, Times]) -> float:
    """Return what the page with many costs more; the least of several runs is what the work itself takes."""
    return times["many"].wall_median - times["few"].wall_median

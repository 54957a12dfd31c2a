"""The renewal: the price partial (P06), the bulk quote (P03, P08) and an order of 5,000 lines."""

from __future__ import annotations

import itertools
import re

from flask.testing import FlaskClient

from bench.measure import counted, interleaved, once
from bench.report import Report
from bench.site import Site, captured, get, post, sizes
from portal.domain.contracts import ContractKind
from portal.domain.dates import add_months

HTMX = {"HX-Request": "true"}
ORDERED = 5_000


def measure(site: Site, report: Report, rounds: int) -> None:
    """Measure one mailbox's cards, fifty mailboxes' page, and the whole way of 5,000 mailboxes."""
    _price_partial(site, report, rounds)
    _bulk(site, report)


def _price_partial(site: Site, report: Report, rounds: int) -> None:
    client = site.client("10")
    address = _first_address(client)
    place = f"/caselle/{address}/rinnova"
    plan = post(client, place, {}, page=place).location
    draft = plan.rsplit("/", 1)[1]
    change = f"/rinnovo/{draft}/caselle/{address}"
    fields = _fields(get(client, plan).text)
    years = itertools.cycle((1, 2, 3))
    turns = itertools.count(1)

    def act() -> bytes:
        values = fields | {"years": next(years), "turn": next(turns)}
        response = client.post(change, data=values, headers=HTMX)
        if response.status_code != 200:
            raise RuntimeError(f"{change}: {response.status} {response.text[:300]}")
        return response.data

    with counted(site.services.engine) as statements:
        body = act()
    template, values = captured(site.app, site.client("1k"), "/caselle")

    def reference() -> str:
        with site.app.test_request_context("/caselle"):
            return str(template.render(values))

    times = interleaved({"reference": reference, "partial": act}, rounds)
    raw, packed = sizes(body)
    report.line(
        "P06",
        "price partial with its write: CPU / reference",
        times["partial"].median / times["reference"].median,
        1.0,
    )
    report.line("P06", "price partial, kB gzip", packed, 4)
    report.line("", "price partial, kB", raw)
    report.line("", "statements of a change, write included", len(statements))
    report.line("P07", "price partial p99 / p50", times["partial"].tail, 3)


def _bulk(site: Site, report: Report) -> None:
    client = site.client("100k")
    months = next(n for n in range(1, 13) if _days(site, n) * 100_000 // 365 >= ORDERED)
    post(client, "/caselle/selezione/scadenza", {"mesi": months}, page="/caselle")
    taken, answer = once(lambda: post(client, "/rinnovo", {}, page="/caselle"))
    plan = answer.location  # type: ignore[attr-defined]
    bar = get(client, "/caselle").text
    count = re.search(r"([\d.]+) caselle selezionate", bar)
    chosen = count.group(1) if count else "?"
    report.line("", f"draft of {chosen} mailboxes from the selection (ms)", taken)
    with counted(site.services.engine) as statements:
        taken, _ = once(lambda: get(client, plan))
    report.line("P03", f"statements of «Piano» with {chosen} mailboxes", len(statements), 4)
    report.line("", f"«Piano» with {chosen} mailboxes (ms)", taken)
    draft = plan.rsplit("/", 1)[1]
    post(
        client, f"/rinnovo/{draft}/pagamento", {"method": "bank_transfer"}, page=f"/rinnovo/{draft}/pagamento"
    )
    confirm = f"/rinnovo/{draft}/conferma"
    accepted = {f"accept_{kind}": "yes" for kind in ContractKind} | {"start_requested": "1"}
    shown = _fields(get(client, confirm).text) | accepted
    with counted(site.services.engine) as statements:
        taken, answer = once(lambda: client.post(confirm, data=shown))
    if answer.status_code != 303:  # type: ignore[attr-defined]
        raise RuntimeError(f"the order was not placed: {answer.status}")  # type: ignore[attr-defined]
    report.line("", f"order of {chosen} lines (ms)", taken)
    report.line("", f"statements of the order of {chosen} lines", len(statements))


def _first_address(client: FlaskClient) -> str:
    found = re.search(r'href="/caselle/([^"/]+)/rinnova"', get(client, "/caselle").text)
    if found is None:
        raise RuntimeError("no mailbox can be renewed")
    return found.group(1)


def _fields(page: str) -> dict[str, str]:
    """Return the named inputs of a page's forms as a browser would send them."""
    fields = {}
    for tag in re.findall(r"<input[^>]+>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        kind = re.search(r'type="([^"]+)"', tag)
        if name and value and (kind is None or kind[1] not in ("radio", "checkbox") or "checked" in tag):
            fields[name[1]] = value[1]
    return fields


def _days(site: Site, months: int) -> int:
    today = site.services.today()
    return (add_months(today, months) - today).days

"""Weighs the main pages as a phone on a slow network meets them, with Lighthouse, against the bounds of P16.

Source: hardening.md P16. Lighthouse comes from npm into .cache; with a number as its argument each page is
measured so many times and the median is taken (three unless given).
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from e2e.conftest import LAUNCH
from e2e.steps import ACCOUNT, press, sign_in, to_the_order
from tests.servers.portal import DemoPortal
from tools import chromium

VERSION = "12.8.2"
"""The newest that runs on node 20 as well as on 24."""
FOLDER = chromium.ROOT / ".cache" / "lighthouse" / VERSION
PAGES = {
    "accedi": "/accedi",
    "home": "/",
    "caselle": "/caselle",
    "casella": "/caselle/direzione@contiesoci.pec.example",
    "ordini": "/ordini",
    "credito": "/credito",
}
BOUNDS = {"score": 0.98, "lcp": 1.3, "tbt": 100, "cls": 0, "kib": 45, "js": 16, "requests": 6}
"""At least the score; at most the seconds, milliseconds, shift, KiB in all, kB of scripts, requests."""


LATENCY = 150
CLICK_TO_PAINT = """years => new Promise(done => {
    const start = performance.now(), totals = document.getElementById('totals');
    const seen = () => requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    const changed = new MutationObserver(() => { changed.disconnect(); seen(); });
    changed.observe(totals, {childList: true, subtree: true});
    document.querySelector(`main [name=years][value="${years}"]`).click();
})"""


@dataclass(frozen=True)
class Weight:
    """What one visit to a page weighed."""

    score: float
    lcp: float
    tbt: float
    cls: float
    kib: float
    js: float
    requests: float

    @classmethod
    def read(cls, report: dict[str, Any]) -> Weight:
        """Return the figures of Lighthouse's report."""
        audits = report["audits"]
        loaded = [
            each
            for each in audits["network-requests"]["details"]["items"]
            if each.get("resourceType") not in ("Other", "Preflight") and each["url"].startswith("http")
        ]
        scripts = sum(packed_size(each["url"]) for each in loaded if each["resourceType"] == "Script")
        return cls(
            score=report["categories"]["performance"]["score"],
            lcp=audits["largest-contentful-paint"]["numericValue"] / 1000,
            tbt=audits["total-blocking-time"]["numericValue"],
            cls=round(audits["cumulative-layout-shift"]["numericValue"], 3),
            kib=sum(each["transferSize"] for each in loaded) / 1024,
            js=scripts / 1000,
            requests=len(loaded),
        )


@lru_cache(maxsize=16)
def packed_size(url: str) -> int:
    """Return how many bytes of a file travel, without its headers."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})) as answer:
        return len(answer.read())


def main() -> int:
    """Print each page's figures; return 1 when one is out of bounds."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else 3
    program = install()
    missed = 0
    print(f"{'page':<10}" + "".join(f"{name:>10}" for name in BOUNDS), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        demo = DemoPortal(Path(folder)).start()
        demo.wait()
        try:
            paths, cookie = prepare(demo)
            for name, path in paths.items():
                signed_in = "" if name == "accedi" else cookie
                weight = median([weigh(program, f"{demo.url}{path}", signed_in) for _ in range(rounds)])
                missed += show(name, weight)
        finally:
            demo.stop()
    print(f"{'bounds':<10}" + "".join(f"{bound:>10}" for bound in BOUNDS.values()))
    return 1 if missed else 0


def show(name: str, weight: Weight) -> int:
    """Print a page's figures, a star at those out of bounds; return how many are."""
    cells, missed = [], 0
    for figure, bound in BOUNDS.items():
        value = getattr(weight, figure)
        out = value < bound if figure == "score" else value > bound
        missed += out
        cells.append(f"{value:>9.2f}{'*' if out else ' '}")
    print(f"{name:<10}" + "".join(cells), flush=True)
    return missed


def click_to_paint(page: Page) -> float:
    """Return the milliseconds from choosing a term to the new total on the screen, less the line.

    The processor is four times slower and each answer takes 150 ms. Source: hardening.md P17.
    """
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    slow = {"offline": False, "latency": LATENCY, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
    line.send("Network.emulateNetworkConditions", slow)
    times = [page.evaluate(CLICK_TO_PAINT, years) for years in ("3", "2", "4", "3", "2")]
    return statistics.median(times) - LATENCY


def prepare(demo: DemoPortal) -> tuple[dict[str, str], str]:
    """Sign in, order one renewal and begin another; return the pages and the session's cookie."""
    found = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable, args=LAUNCH, env={**os.environ, **found.environment}
        )
        page = browser.new_context(base_url=demo.url, locale="it-IT", reduced_motion="reduce").new_page()
        sign_in(page, ACCOUNT)
        begin(page, "legale@contiesoci.pec.example")
        number = to_the_order(page)
        begin(page, "gare@contiesoci.pec.example")
        cookies = "; ".join(f"{each['name']}={each['value']}" for each in page.context.cookies())
        paint = click_to_paint(page)
        print(f"P17: from click to paint, less the line: {paint:.0f} ms (at most 100)")
        paths = {**PAGES, "ordine": f"/ordini/{number}", "piano": page.url.removeprefix(demo.url)}
        browser.close()
    return paths, cookies


def begin(page: Page, address: str) -> None:
    """Come to «Piano» of one mailbox."""
    page.goto(f"/caselle/{address}/rinnova")
    press(page, "Continua")
    page.locator("#totals").filter(has_text="€").wait_for(state="attached")


def weigh(program: Path, url: str, cookie: str) -> Weight:
    """Visit a page once, as Lighthouse's phone."""
    found = chromium.find()
    flags = " ".join(["--headless", *(flag for flag in LAUNCH if "host-resolver" not in flag)])
    command = [
        str(program),
        url,
        "--quiet",
        "--output=json",
        "--only-categories=performance",
        f"--chrome-flags={flags}",
        f"--extra-headers={json.dumps({'Cookie': cookie} if cookie else {})}",
    ]
    environment = {**os.environ, **found.environment, "CHROME_PATH": str(found.executable)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"lighthouse: {done.stderr[-2000:]}")
    return Weight.read(json.loads(done.stdout))


def median(weights: list[Weight]) -> Weight:
    """Return the median of each figure."""
    return Weight(*(statistics.median(getattr(each, figure) for each in weights) for figure in BOUNDS))


def install() -> Path:
    """Return Lighthouse's program, fetched into .cache when it is not there."""
    program = FOLDER / "node_modules" / ".bin" / "lighthouse"
    if program.exists():
        return program
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"portal: fetching lighthouse {VERSION}", flush=True)
    options = ["--no-audit", "--no-fund", "--silent", "--ignore-scripts", "--prefix", str(FOLDER)]
    done = subprocess.run([chromium.npm(), "install", *options, f"lighthouse@{VERSION}"], check=False)
    if done.returncode:
        shutil.rmtree(FOLDER, ignore_errors=True)
        raise SystemExit("npm could not fetch lighthouse")
    return program


if __name__ == "__main__":
    sys.exit(main())

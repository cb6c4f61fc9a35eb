"""Pictures for the README: ``python -m deploy.screenshots report PAGE PNG`` and ``… dagster URL PNG``.

Needs Chromium (Debian package chromium) and Playwright, which the dev extra brings.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import UnreachableError

WIDTH, HEIGHT = 1440, 960
# So that every group is in sight as far as the graph can be zoomed out.
GRAPH_HEIGHT = 1200
INSTALL = "sudo apt-get install chromium"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """The path of Debian's Chromium, or None where it is not installed."""
    fallback = Path("/usr/bin/chromium")
    return shutil.which("chromium") or (str(fallback) if fallback.exists() else None)


@contextmanager
def chromium() -> Iterator:
    """A headless Chromium of its own profile that talks to nobody by itself; closed at the end."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None:
        raise UnreachableError("chromium_missing", "Chromium is missing.", INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def picture_report(
    page_path: Path, png: Path, hash_state: str = "", dark: bool = False, width: int = WIDTH, height: int = HEIGHT
) -> None:
    """A picture of a report; ``hash_state`` is what stands after the # of its address."""
    with chromium() as browser:
        scheme = "dark" if dark else "light"
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB", reduced_motion="reduce"
        )
        page.goto(f"{page_path.resolve().as_uri()}#{hash_state}")
        page.wait_for_selector("#main:not([hidden])")
        page.screenshot(path=png)


def picture_dagster(url: str, png: Path) -> None:
    """A picture of the asset graph of a running Dagster webserver."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": GRAPH_HEIGHT}, color_scheme="light", locale="en-GB")
        page.goto(url, wait_until="domcontentloaded")
        # The graph is drawn after its layout came back from a worker; the page never falls quite silent.
        page.wait_for_selector("svg foreignObject, [data-testid='asset-graph'] , canvas", timeout=60_000)
        page.wait_for_timeout(4000)
        page.screenshot(path=png)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    report = commands.add_parser("report", help="a picture of a report")
    report.add_argument("page", type=Path)
    report.add_argument("png", type=Path)
    report.add_argument("--hash", default="", help="what stands after the # of the address")
    report.add_argument("--dark", action="store_true")
    report.add_argument("--width", type=int, default=WIDTH)
    report.add_argument("--height", type=int, default=HEIGHT)
    dagster = commands.add_parser("dagster", help="a picture of the asset graph")
    dagster.add_argument("url")
    dagster.add_argument("png", type=Path)
    given = parser.parse_args()
    given.png.parent.mkdir(parents=True, exist_ok=True)
    if given.what == "report":
        picture_report(given.page, given.png, given.hash, given.dark, given.width, given.height)
    else:
        picture_dagster(given.url, given.png)


if __name__ == "__main__":
    main()

"""A real browser for the tests of what people see."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deploy.screenshots import INSTALL, chromium, find_chromium


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Headless Chromium; the only reason to skip a test is that it is not installed."""
    if find_chromium() is None:
        pytest.skip(f"Chromium is missing: {INSTALL}")
    with chromium() as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _debugging_is_off() -> None:
    """Playwright's inspector would wait for a person."""
    os.environ.pop("PWDEBUG", None)


@pytest.fixture
def open_page(browser):
    """Open an address in a fresh profile; at the end nothing may have gone wrong or been asked for."""
    contexts, complaints, requests = [], [], []

    def opened(address: str, **options):
        options = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "reduced_motion": "reduce"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(error.message))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url.split("?")[0] for url in requests if not url.startswith("file:")} == set()
    assert len({url.split("#")[0] for url in requests}) == 1

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

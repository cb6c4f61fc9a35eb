"""The runbooks: every page has its four parts, and every command in them exists."""

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import deploy
from orchestration.cli.app import app

FOLDER = Path(deploy.__file__).parent / "runbooks"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
# A command with its subcommand and the options it is given.
COMMAND = re.compile(
    r"partsbay ([a-z]+)"
    r"((?: (?:list|show|export|discard-line|discard|release-line|release|lines|alias|interchange|forget|accept"
    r"|check|suggest)\b| (?<=quarantine )replay\b| (?<=audit )(?:verify|anchor)\b"
    r"| (?<=stock )(?:exceptions|history|receive|arrive|short|reverse|approve)\b"
    r"| (?<=count )(?:request|review)\b"
    r"| (?<=queue )(?:stats|retry|replay|free)\b"
    r"| (?<=orders )(?:send|files|resend|close)\b"
    r"| (?<=hold )(?:place|campaign|call|verdict|return|ageing|extend)\b)?)"
    r"([^`#\n]*)"
)


def commands():
    for page in [*PAGES, FOLDER / "README.md"]:
        for name, sub, rest in COMMAND.findall(page.read_text()):
            yield page.name, (name, *sub.split()), tuple(re.findall(r"--[a-z-]+", rest))


@pytest.mark.parametrize(("words", "options"), sorted({(words, options) for _, words, options in commands()}))
def test_every_command_of_the_runbooks_exists_with_its_options(words, options):
    told = CliRunner().invoke(app if isinstance(app, typer.Typer) else app(), [*words, "--help"])
    assert told.exit_code == 0, told.output
    for option in options:
        assert option in told.output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_page_says_sign_cause_commands_and_how_to_know(page):
    text = page.read_text()
    places = [text.find(part) for part in ("**Sign.**", "**Cause.**", "**Commands.**", "**It worked when**")]
    assert -1 not in places
    assert places == sorted(places)


def test_the_list_of_runbooks_names_every_page():
    assert set(re.findall(r"\]\(([a-z_]+\.md)\)", (FOLDER / "README.md").read_text())) == {page.name for page in PAGES}

"""``partsbay profile``: propose a profile for an unknown file, and see what a profile does to one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from ingest.contracts import CONTRACTS
from ingest.errors import SettingsError
from ingest.profiles.folder import Profiles, read_profile
from ingest.profiles.model import Profile
from ingest.profiles.trial import Trial
from orchestration.cli.output import JsonFlag, console, family, print_json
from orchestration.cli.sample_table import sample_table
from orchestration.environments import get_settings

app = family("Profiles: suggest one, check one.")
FileArgument = Annotated[Path, typer.Argument(help="A file as a partner sends it.")]
SourceOption = Annotated[str, typer.Option(help="Who sends it: a supplier, a garage or a system.")]
KindOption = Annotated[str | None, typer.Option(help="What it holds, where the columns leave doubt.")]


@app.command("suggest", short_help="Propose a profile for an unknown file.")
def suggest_profile(
    file: FileArgument,
    source: SourceOption = "PARTNER",
    kind: KindOption = None,
    write: Annotated[bool, typer.Option("--write", help="Put the profile into the profile folder.")] = False,
    json: JsonFlag = False,
) -> None:
    """Propose a profile: how the file is written, which columns are ours, what would be refused.

    Read what stands behind #, put the text into the profile folder (or let --write do it), and check it.

    Example: partsbay profile suggest preisliste.csv --source UCIRWHOL --write
    """
    from ingest.profiles.suggest import suggest
    from ingest.profiles.yaml_writing import as_yaml

    _check_usage(file, kind)
    found = suggest(file, source, kind)
    text = as_yaml(found)
    path = _written(text, found.profile) if write else None
    if json:
        matches = [vars(match) for match in found.matches]
        print_json(
            {
                "profile": found.content, "yaml": text, "format": found.format, "matches": matches,
                "confidences": found.confidences, "notes": found.notes, "open_columns": found.open_columns,
                "other_kinds": found.other_kinds, "trial": found.trial.as_dict(), "written": path,
            }
        )  # fmt: skip
        return
    sure = ", ".join(f"{name} {share:.0%}" for name, share in found.confidences.items())
    sureness = f"  [dim]sure of: {sure}[/]" if sure else ""
    console.print(f"[bold]{escape(file.name)}[/]  {found.format}{sureness}", soft_wrap=True)
    console.print(escape(text), soft_wrap=True)
    _show(found.trial)
    if path:
        console.print(f"Written to {escape(str(path))}", soft_wrap=True)


@app.command("check", short_help="Show what a profile does to a file; stores nothing.")
def check_profile(
    file: FileArgument,
    profile: Annotated[Path | None, typer.Option(help="A profile; else the one of the profile folder.")] = None,
    source: SourceOption = "PARTNER",
    kind: KindOption = None,
    judge: Annotated[bool, typer.Option(help="Also judge by the expectations of the kind.")] = True,
    json: JsonFlag = False,
) -> None:
    """Show what a profile does to a file, storing nothing; ends with 1 when rows would be refused.

    Example: partsbay profile check preisliste.csv --source UCIRWHOL
    """
    _check_usage(file, kind)
    used, source = _profile(file, profile, source, kind)
    trial = _try(file, used, source, judge)
    if json:
        print_json({"kind": used.kind, "profile_version": used.version, **trial.as_dict()})
    else:
        console.print(f"[bold]{escape(file.name)}[/]  {used.kind}  [dim]profile {used.version}[/]", soft_wrap=True)
        _show(trial)
    if trial.fault or trial.rows_bad:
        raise typer.Exit(1)


def _check_usage(file: Path, kind: str | None) -> None:
    if not file.is_file():
        raise SettingsError("NO_SUCH_FILE", f"{file} is not a file", "Name a file that exists.")
    if kind is not None and kind not in CONTRACTS:
        raise SettingsError("UNKNOWN_KIND", f"there is no kind '{kind}'", f"Use one of: {', '.join(CONTRACTS)}.")


def _profile(file: Path, path: Path | None, source: str, kind: str | None) -> tuple[Profile, str]:
    """The profile that is meant, and whose files it is for."""
    if path is not None:
        if not path.is_file():
            raise SettingsError("NO_SUCH_FILE", f"{path} is not a file", "Name a profile that exists.")
        found = read_profile(path)
        return found, found.source_code if found.source_code != "*" else source
    from ingest.reading import recognise_kinds

    profiles = Profiles(get_settings().profiles_folder)
    kind = kind or profiles.kind_for(source, file.name) or recognise_kinds(file)[0]
    return profiles.find(source, kind, file.name), source


def _try(file: Path, profile: Profile, source: str, is_judged: bool) -> Trial:
    from ingest.profiles.trial import try_profile

    if not is_judged:
        return try_profile(file, profile, source)
    # Great Expectations takes seconds to import: only where it is asked for.
    from expectations.judge import judge

    return try_profile(file, profile, source, judge=judge)


def _written(text: str, profile: Profile) -> Path:
    """The new file in the profile folder; one that is there is never written over."""
    folder = get_settings().profiles_folder
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "_", f"{profile.source_code}_{profile.kind}").strip("_").lower()
    path = folder / f"{name}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        mend = "Remove it, or write the suggestion elsewhere."
        raise SettingsError("PROFILE_EXISTS", f"{path} is there already", mend) from None
    return path


def _show(trial: Trial) -> None:
    if trial.fault:
        console.print(f"[red]{trial.fault.code}[/] {escape(trial.fault.message)}", soft_wrap=True)
        console.print(f"  → {escape(trial.fault.mend)}", soft_wrap=True)
    colour = "yellow" if trial.rows_bad else "green"
    console.print(f"[{colour}]{trial.rows_good:,} of {trial.rows_read:,} rows good[/]")
    for code, count in trial.reasons.most_common():
        console.print(f"  {code} {count:,}")
    for example in trial.examples[:10]:
        console.print(f"  [dim]{escape(example['place'])}: {escape(example['raw'][:120])}[/]", soft_wrap=True)
        for reason in example["reasons"]:
            console.print(f"    {escape(reason)}", soft_wrap=True)
    for warning in trial.warnings:
        console.print(f"  warning: {escape(warning)}", soft_wrap=True)
    if trial.totals:
        told = ", ".join(f"{name} {total.normalize():,f}" for name, total in trial.totals.items())
        console.print(f"totals of good rows: {told}", soft_wrap=True)
    if trial.sample:
        console.print(sample_table(trial.sample, console.width))

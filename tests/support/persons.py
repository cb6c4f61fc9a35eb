"""One name as one person may write it."""

from __future__ import annotations


def forms_of(name: str) -> tuple[str, ...]:
    """A name of plain letters in other forms: capitals, white space, signs that nobody sees, letters of full width."""
    first, rest = name[0], name[1:]
    return (
        name,
        f" {name.title()}\t",
        f"\u00a0{name}",
        f"{first}  {rest}",
        f"{first}\u200b{rest}",
        f"{name}\u200d\ufe0f",
        f"\u202e{name.upper()}",
        "".join(chr(ord(letter) + 0xFEE0) for letter in name),
    )

"""Segments to bytes: what acknowledgements are written with, and order messages will be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.readers.edi.segments import Separators

X12_SEPARATORS = Separators(element="*", component=">", terminator="~")
EDIFACT_SEPARATORS = Separators(element="+", component=":", terminator="'", release="?")


class Verbatim(str):
    """A value that is written as it is: a separator that a header names."""


# A segment is its tag and its elements; an element of several components is a sequence of them.
Element = str | Sequence[str]


def written(segments: Iterable[Sequence[Element]], separators: Separators, encoding: str = "utf-8") -> bytes:
    """One segment to a line; elements and components that are empty at the end are left out."""
    lines = (_segment(segment, separators) + separators.terminator + "\n" for segment in segments)
    return "".join(lines).encode(encoding)


def _segment(segment: Sequence[Element], separators: Separators) -> str:
    elements = [_element(element, separators) for element in segment]
    while elements and not elements[-1]:
        elements.pop()
    return separators.element.join(elements)


def _element(element: Element, separators: Separators) -> str:
    if isinstance(element, str):
        return _escaped(element, separators)
    components = [_escaped(component, separators) for component in element]
    while components and not components[-1]:
        components.pop()
    return separators.component.join(components)


def _escaped(text: str, separators: Separators) -> str:
    """A value that cannot be taken for a separator: released where the standard can, else with a blank in its place."""
    if isinstance(text, Verbatim):
        return text
    text = text.replace("\r", " ").replace("\n", " ")
    if separators.release:
        text = text.replace(separators.release, separators.release * 2)
    for character in (separators.element, separators.component, separators.terminator):
        text = text.replace(character, separators.release + character if separators.release else " ")
    return text

"""YAML as plain data with the line of every key; whatever could surprise its reader is refused.

No tags, no anchors, no key twice, no file past its cap. Every value is a text, so that
007 stays 007 and NO stays NO, except below ``options``, where numbers and truths are meant.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ingest.errors import SettingsError

_MOST_BYTES = 256 * 1024
_DEEPEST = 12
_NULLS = ("", "~", "null", "Null", "NULL")

# (key, key, ...) → line.
Lines = dict[tuple[str, ...], int]


def read_yaml(path: Path) -> tuple[dict[str, Any], Lines]:
    """The mapping in the file and the line of each of its keys; raises ``SettingsError`` with line and mend."""
    if path.stat().st_size > _MOST_BYTES:
        raise refused(path, 1, f"it is larger than {_MOST_BYTES} bytes", "Write one profile per file.")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
        _check_events(path, text)
        node = yaml.compose(text, yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refused(path, line, "it is not UTF-8 text", "Save it as UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise refused(
            path, line, f"it is no YAML: {error.problem}", "Mend the line; quote texts with : or #."
        ) from None
    except (yaml.YAMLError, ValueError) as error:
        raise refused(path, 1, f"it is no YAML: {error}", "Remove what is not text.") from None
    if not isinstance(node, yaml.MappingNode):
        raise refused(path, 1, "it holds no keys", "Begin with source_code: and kind:.")
    lines: Lines = {}
    return _plain(path, node, (), lines), lines


def refused(path: Path, line: int, words: str, mend: str) -> SettingsError:
    """The error for a profile that cannot be used, with its place."""
    return SettingsError("INVALID_PROFILE", f"{path}, line {line}: {words}", mend)


def _check_events(path: Path, text: str) -> None:
    """Depth and anchors, told before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise refused(path, line, f"it is nested deeper than {_DEEPEST} levels", "Write it flatter.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            raise refused(path, line, "it uses an anchor or alias", "Write the value out in full.")
        tag = getattr(event, "tag", None)
        if tag:
            raise refused(path, line, f"it uses the tag {tag}", "Write the plain value.")


def _plain(path: Path, node: yaml.Node, place: tuple[str, ...], lines: Lines) -> Any:
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise refused(path, line, "a key is not a text", "Write a name before the colon.")
            if key in found:
                raise refused(path, line, f"{'.'.join((*place, key))} is there twice", "Keep one of the two.")
            lines[*place, key] = line
            found[key] = _plain(path, value_node, (*place, key), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            lines[*place, str(position)] = item.start_mark.line + 1
        return [_plain(path, item, (*place, str(position)), lines) for position, item in enumerate(node.value)]
    return _scalar(path, node, place)


def _scalar(path: Path, node: yaml.ScalarNode, place: tuple[str, ...]) -> Any:
    if node.style is None and node.value in _NULLS:
        return None
    if place[:1] != ("options",):
        return node.value
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise refused(path, node.start_mark.line + 1, f"{'.'.join(place)}: {error}", "Write it in quotes.") from None

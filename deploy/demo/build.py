"""Write the demonstration network as the files that its garages and suppliers would send."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.demo import network, source
from deploy.demo.writing import DropFile, digest, put

AS_OF = network.AS_OF
# Hidden, and not three folders deep: no watcher takes it for a feed.
MANIFEST = ".demo-manifest.json"


@dataclass(frozen=True)
class ManifestFile:
    """One drop file: its lines, and how many of them ingest is expected to refuse, to have seen before or to hold."""

    path: str
    source_code: str
    kind: str
    line_count: int
    expected_quarantined: dict[str, int]
    expected_duplicate_count: int
    expected_held_count: int
    content_sha256: str
    byte_count: int


@dataclass(frozen=True)
class Manifest:
    """What a build wrote, with the totals that everything downstream must reconcile with."""

    as_of: str
    fingerprint: str
    files: tuple[ManifestFile, ...]
    # Units of demand in the car-part source; the same in the usage files, month by month.
    demand_units: int
    demand_units_by_month: dict[str, int]
    # Known parts only: units sold and returned at the counter, written off and found there.
    counter_units: dict[str, int]

    @property
    def line_count(self) -> int:
        return sum(file.line_count for file in self.files)

    @property
    def line_count_by_kind(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for file in self.files:
            counts[file.kind] = counts.get(file.kind, 0) + file.line_count
        return counts

    @property
    def expected_quarantined(self) -> dict[str, int]:
        """Lines that ingest is expected to refuse, by reason code."""
        counts: dict[str, int] = {}
        for file in self.files:
            for reason, count in file.expected_quarantined.items():
                counts[reason] = counts.get(reason, 0) + count
        return counts

    @property
    def expected_duplicate_count(self) -> int:
        return sum(file.expected_duplicate_count for file in self.files)

    @property
    def expected_held_count(self) -> int:
        return sum(file.expected_held_count for file in self.files)


def build(drop: Path) -> Manifest:
    """Write every drop file under ``drop`` as ``<source_code>/<kind>/<file>`` and return what was written.

    The same bytes every time; each file appears whole or not at all. A second call finds
    its own manifest and all files in place, and writes nothing.
    """
    drop = Path(drop)
    fingerprint = source.fingerprint()
    ready = _ready(drop, fingerprint)
    if ready is not None:
        return ready
    files, totals = _derive()
    entries = tuple(_write(drop, file) for file in files)
    manifest = Manifest(AS_OF, fingerprint, entries, **totals)
    # Last, so that a build cut short leaves no manifest and the next one starts over.
    put(drop, MANIFEST, (json.dumps(asdict(manifest), indent=1) + "\n").encode())
    waiting = drop / ".building"
    if waiting.is_dir():
        waiting.rmdir()
    return manifest


def _write(drop: Path, file: DropFile) -> ManifestFile:
    content = file.content()
    packed = file.packed(content)
    put(drop, file.path, packed)
    expected = {reason: count for reason, count in file.quarantined.items() if count}
    return ManifestFile(
        file.path,
        file.source_code,
        file.kind,
        len(file.frame),
        expected,
        file.duplicate_count,
        file.held_count,
        digest(content),
        len(packed),
    )


def _derive() -> tuple[list[DropFile], dict]:
    """Every file, in the order in which others refer to it, and the totals."""
    from deploy.demo import carparts, parts, promises, retail, stock, successors, suppliers

    demand = carparts.demand()
    fitted = carparts.usage()
    counter = retail.lines()
    counter_parts = retail.parts(counter)
    vendor_lines = suppliers.vendor_lines()
    borrowed = suppliers.borrowed_lines(sorted(demand.part_number.unique()), vendor_lines)
    garages_stock = stock.simulate(stock.garages_site(), fitted)
    counter_stock = stock.simulate(stock.counter_site(), retail.stock_lines(counter))
    holds = promises.holds(garages_stock)
    files = [
        *network.garage_files(),
        *suppliers.supplier_files(vendor_lines),
        *parts.part_files(demand, borrowed, counter_parts),
        *suppliers.offer_files(borrowed, vendor_lines, counter_parts),
        *successors.successor_files(demand, borrowed),
        *stock.stock_files(garages_stock),
        *stock.stock_files(counter_stock),
        *carparts.usage_files(fitted),
        *retail.usage_files(counter),
        *retail.adjustment_files(counter),
        *promises.reservation_files(garages_stock, promises.reservations(garages_stock, holds)),
        *promises.hold_files(garages_stock, holds),
    ]
    known = counter[counter.is_product]
    totals = {
        "demand_units": int(demand.units.sum()),
        "demand_units_by_month": {month: int(units) for month, units in demand.groupby("month").units.sum().items()},
        "counter_units": {role: int(units) for role, units in known.groupby("role").units.sum().items()},
    }
    return files, totals


def _ready(drop: Path, fingerprint: str) -> Manifest | None:
    """The manifest of an earlier build of the same sources and rules, if all its files are still there."""
    path = drop / MANIFEST
    if not path.is_file():
        return None
    try:
        said = json.loads(path.read_text())
        files = tuple(ManifestFile(**file) for file in said.pop("files"))
        manifest = Manifest(files=files, **said)
    except (ValueError, TypeError, KeyError):
        # Written by another version or damaged: build again and replace it.
        return None
    is_whole = all(
        (drop / file.path).is_file() and (drop / file.path).stat().st_size == file.byte_count for file in files
    )
    return manifest if is_whole and manifest.fingerprint == fingerprint else None

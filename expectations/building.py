"""From a contract to expectations: what every suite shares, and the words a person reads when a row fails one.

Rules over several columns are claims: an Arrow computation that says true or false for
each row, and an expectation that it says true. Great Expectations is imported late,
inside functions, because importing it takes seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.contracts import Column, Contract, Type
from ingest.persons import person_key

FUTURE_TOLERANCE = timedelta(minutes=15)
LENGTH = "_length"
# A column of moments, judged by whether each had passed when its file was received.
PAST = "_is_past"


@dataclass(frozen=True)
class Claim:
    """A rule that says true or false for each row: a name, the columns it reads, how, and the reason when false.

    ``reason`` may name columns in braces; they are filled from the row.
    """

    name: str
    columns: tuple[str, ...]
    holds: Callable[..., pa.Array]
    reason: str
    severity: str = "critical"


@dataclass(frozen=True)
class Subject:
    """What a suite is built for: a contract, and the columns that the file has."""

    contract: Contract
    present: tuple[str, ...]

    def has(self, name: str) -> bool:
        return name in self.present


def contract_expectations(subject: Subject) -> list[Any]:
    """What the contract alone asks: presence, allowed words, least values, lengths, no event from the future."""
    expectations: list[Any] = []
    for column in subject.contract.columns:
        if subject.has(column.name):
            expectations += _for_column(column, subject.contract)
    # A version may be stated ahead of the time from which it holds.
    if subject.has(subject.contract.event_column) and subject.contract.event_column != "valid_from_at":
        expectations.append(_not_from_the_future(subject))
    return expectations


def suite(subject: Subject, own: Iterable[Any] = (), claims: Iterable[Claim] = ()) -> Any:
    """The suite of a contract: what the contract asks, the expectations of its own, and its claims."""
    import great_expectations as gx

    expectations = [*contract_expectations(subject), *own, *(expect_claim(claim) for claim in claims)]
    for place, expectation in enumerate(expectations):
        expectation.meta["place"] = place
    return gx.ExpectationSuite(name=subject.contract.name, expectations=expectations)


def person_keys(names: pa.Array) -> pa.Array:
    """What names of one person have in common, row by row; each name is looked at once."""
    known = pc.unique(names)
    keys = [None if name is None else person_key(name) for name in known.to_pylist()]
    return pc.take(pa.array(keys, pa.string()), pc.index_in(names, known))


# Whoever counts or books is somebody, or nobody could say that another person looked at it.
NAMES_SOMEBODY = Claim(
    name="actor_is_somebody",
    columns=("actor",),
    holds=lambda actor: pc.fill_null(pc.not_equal(person_keys(actor), ""), True),
    reason="MISSING_KEY: actor is missing: the name that is there shows nothing",
)


def expect_claim(claim: Claim) -> Any:
    import great_expectations.expectations as gxe

    return gxe.ExpectColumnValuesToBeInSet(
        column=claim.name, value_set=[True], severity=claim.severity, meta={"reason": claim.reason}
    )


def expect_in(name: str, allowed: Iterable[str], reason: str) -> Any:
    """Values of a closed list; an empty value passes."""
    import great_expectations.expectations as gxe

    return gxe.ExpectColumnValuesToBeInSet(
        column=name, value_set=list(allowed), severity="critical", meta={"reason": reason}
    )


def _for_column(column: Column, contract: Contract) -> list[Any]:
    import great_expectations.expectations as gxe

    name, found = column.name, []
    if column.required:
        code = "MISSING_KEY" if name in contract.key else "SCHEMA"
        found.append(
            gxe.ExpectColumnValuesToNotBeNull(
                column=name, severity="critical", meta={"reason": f"{code}: {name} is missing"}
            )
        )
    if column.allowed:
        code = "UNIT" if name.endswith("uom_code") else "SCHEMA"
        words = f"{code}: {name} is '{{{name}}}', must be one of {', '.join(column.allowed)}"
        found.append(expect_in(name, column.allowed, words))
    elif column.type is Type.TEXT and column.maximum_length:
        reason = f"SCHEMA: {name} has {{{name}{LENGTH}}} characters, at most {column.maximum_length} may be"
        found.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=name + LENGTH, max_value=column.maximum_length, severity="critical", meta={"reason": reason}
            )
        )
    if column.minimum is not None:
        side = "above" if column.is_minimum_strict else "at least"
        found.append(
            gxe.ExpectColumnValuesToBeBetween(
                column=name,
                min_value=float(column.minimum),
                strict_min=column.is_minimum_strict,
                severity="critical",
                meta={"reason": f"RANGE: {name} is {{{name}}}, must be {side} {column.minimum}"},
            )
        )
    return found


def _not_from_the_future(subject: Subject) -> Any:
    import great_expectations.expectations as gxe

    name = subject.contract.event_column
    words = f"FUTURE_EVENT: {name} is {{{name}}}, after the file was received at {{received_at:%Y-%m-%d %H:%M}}"
    return gxe.ExpectColumnValuesToBeInSet(
        column=name + PAST, value_set=[True], severity="critical", meta={"reason": words}
    )

"""What the database says of supersessions that cannot stand, in our words."""

from __future__ import annotations

import psycopg

from ingest.errors import PartsbayError


def refusal_of(error: psycopg.Error) -> PartsbayError | None:
    """The error that a person sees; none where the database spoke of something else."""
    words = f"{error.diag.message_primary}"
    match error.diag.constraint_name:
        case "stated_decisions_two_persons":
            return PartsbayError("TWO_PERSONS", words, "Let somebody else decide, or say who does: --actor NAME.")
        case "supersessions_have_no_cycle":
            return PartsbayError("CYCLE", words, "See where it leads: partsbay catalogue show BRAND:PART_NUMBER.")
        case "supersessions_are_short":
            return PartsbayError("LONG_CHAIN", words, "Name the part that is ordered today as the successor.")
        case _:
            return None

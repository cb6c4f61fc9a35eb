"""One error type that a person can act on."""

from __future__ import annotations


class PartsbayError(Exception):
    """What happened, and what to do about it.

    ``code`` is a stable word that programs may match on, ``mend`` the next step for
    a person, ``exit_code`` the status the command line ends with: 1 attention
    needed, 2 wrong usage or settings, 3 a service is not reachable, 4 refused
    to protect data.
    """

    exit_code = 1

    def __init__(self, code: str, message: str, mend: str):
        super().__init__(message)
        self.code = code
        self.message = message
        self.mend = mend


class SettingsError(PartsbayError):
    """Wrong usage or settings."""

    exit_code = 2


class UnreachableError(PartsbayError):
    """A service that is needed does not answer."""

    exit_code = 3


class ProtectedError(PartsbayError):
    """Refused, because going on could damage data."""

    exit_code = 4

"""Connections to SSH servers: the host key known beforehand, secrets by reference, errors in words of ours."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko

from ingest.arrival.entries import InboxFault, NotReady
from ingest.arrival.inboxes import Inbox
from ingest.errors import SettingsError

CONNECT_SECONDS = 5.0
_LOST = (paramiko.SSHException, EOFError, OSError)
_KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


def connected(inbox: Inbox) -> paramiko.SSHClient:
    """A connection to the server of an inbox, whose host key must be in its ``known_hosts``."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_Unknown())
    _load_known_hosts(client, inbox)
    secrets = _secrets(inbox)
    try:
        with told(inbox):
            client.connect(
                inbox.parts.hostname, inbox.parts.port or 22, inbox.credentials.user, **secrets,
                timeout=CONNECT_SECONDS, banner_timeout=CONNECT_SECONDS, auth_timeout=CONNECT_SECONDS,
                channel_timeout=CONNECT_SECONDS, allow_agent=False, look_for_keys=False,
            )  # fmt: skip
        return client
    except BaseException:
        client.close()
        raise


class _Unknown(paramiko.MissingHostKeyPolicy):
    """Refuse a host whose key is not known."""

    def missing_host_key(self, client, hostname, key):
        raise InboxFault(f"the host key of {hostname} is not in known_hosts; its fingerprint is {key.fingerprint}")


def _load_known_hosts(client: paramiko.SSHClient, inbox: Inbox) -> None:
    path = inbox.folder / inbox.known_hosts
    try:
        client.load_host_keys(str(path))
    except (OSError, paramiko.SSHException):
        raise SettingsError(
            "KNOWN_HOSTS", f"inbox {inbox.name}: {path} cannot be read", "Write the server's host key into it."
        ) from None


def _secrets(inbox: Inbox) -> dict:
    given, place = inbox.credentials, (inbox.name, inbox.folder)
    secrets: dict = {}
    if given.password:
        secrets["password"] = given.password.read(*place)
    if given.private_key:
        passphrase = given.passphrase.read(*place) if given.passphrase else None
        secrets["pkey"] = _key(inbox, given.private_key.read(*place), passphrase)
    return secrets


def _key(inbox: Inbox, text: str, passphrase: str | None) -> paramiko.PKey:
    for kind in _KEYS:
        try:
            return kind.from_private_key(io.StringIO(text + "\n"), passphrase)
        except (paramiko.SSHException, ValueError):
            continue
    raise SettingsError(
        "PRIVATE_KEY", f"inbox {inbox.name}: the private key or its passphrase is not right",
        "Use an Ed25519, ECDSA or RSA key.",
    )  # fmt: skip


@contextmanager
def told(inbox: Inbox) -> Iterator[None]:
    """Errors of the server in words of ours; a library's words may repeat what it was given."""
    try:
        yield
    except FileNotFoundError:
        raise NotReady("gone since it was looked at") from None
    except PermissionError:
        raise NotReady("the server does not allow it") from None
    except paramiko.BadHostKeyException:
        raise InboxFault(f"{server(inbox)} shows another host key than known_hosts has; ask its operator") from None
    except paramiko.AuthenticationException:
        raise InboxFault(f"{server(inbox)} does not accept the credentials of {inbox.credentials.user}") from None
    except _LOST as error:
        raise InboxFault(f"{server(inbox)} does not answer ({type(error).__name__})") from None


def server(inbox: Inbox) -> str:
    """The server of an inbox, as a message names it."""
    return f"{inbox.parts.hostname}:{inbox.parts.port or 22}"

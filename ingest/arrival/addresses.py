"""Where an address of the outside world leads: only to public hosts, and to the one that was checked."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urljoin, urlsplit

from ingest.arrival.entries import InboxFault

CONNECT_SECONDS = 5.0
REDIRECTS_AT_MOST = 3
_PORTS = {"http": 80, "https": 443}
# Public by their looks, and a way to an IPv4 address that need not be.
_TUNNELS = tuple(ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class Guard:
    """What may be asked: encrypted or not, and networks that are allowed although they are not public."""

    def __init__(self, allow_http: bool, allow_networks: tuple[str, ...] = ()):
        self.schemes = ("http", "https") if allow_http else ("https",)
        self.networks = tuple(ip_network(text, strict=False) for text in allow_networks)

    def check_url(self, url: str) -> SplitResult:
        """The parts of a URL that may be asked; ``InboxFault`` for any other."""
        if not url.isascii() or not url.isprintable() or " " in url:
            raise InboxFault("the address holds characters that no address has")
        parts = urlsplit(url)
        if parts.scheme not in self.schemes:
            raise InboxFault(f"an address that begins with {' or '.join(self.schemes)} is needed (allow_http)")
        if parts.username is not None or parts.password is not None:
            raise InboxFault("a user or password does not belong into an address")
        if not parts.hostname:
            raise InboxFault("the address names no host")
        return parts

    def resolve(self, host: str, port: int) -> tuple[str, int]:
        """The one address to connect to; refused unless every address of the name is allowed."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise InboxFault(f"the name {host} cannot be resolved") from None
        addresses = [address[4][0] for address in found]
        for address in addresses:
            if not self.is_allowed(address):
                raise InboxFault(f"{host} leads to {address}, which is not public (allow_networks)")
        return addresses[0], port

    def is_allowed(self, text: str) -> bool:
        """Whether an address is public, or in a network that is allowed by name."""
        address = ip_address(text.split("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if any(address in network for network in self.networks if network.version == address.version):
            return True
        return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    tunnelled = any(address in network for network in _TUNNELS if network.version == address.version)
    return address.is_global and not address.is_multicast and not address.is_reserved and not tunnelled


class Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name has come to mean since."""

    def __init__(self, parts: SplitResult, address: tuple[str, int], seconds: float):
        super().__init__(parts.hostname, address[1], timeout=min(seconds, 30.0))
        self._address, self._is_encrypted = address, parts.scheme == "https"
        self._is_over = False

    def connect(self) -> None:
        self.sock = socket.create_connection(self._address, timeout=CONNECT_SECONDS)
        if self._is_encrypted:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(self.timeout)
        if self._is_over:
            raise TimeoutError

    def cut(self) -> None:
        """End the connection from another thread, or keep it from being made."""
        self._is_over = True
        if self.sock is not None:
            # Closed already: nothing is left to cut.
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def asked(url: str, guard: Guard, headers: Mapping[str, str], seconds: float) -> Iterator[http.client.HTTPResponse]:
    """The answer to a GET, its body unread; redirects are followed on the same host only, all within ``seconds``."""
    for _ in range(REDIRECTS_AT_MOST + 1):
        parts = guard.check_url(url)
        connection = Pinned(parts, guard.resolve(parts.hostname, parts.port or _PORTS[parts.scheme]), seconds)
        with _ended_after(connection, seconds, parts):
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", target, headers={"Accept-Encoding": "identity", **headers})
            answer = connection.getresponse()
            if answer.status not in (301, 302, 303, 307, 308):
                yield answer
                return
            url = _same_host(parts, urljoin(url, answer.headers.get("Location", "")))
    raise InboxFault(f"{parts.hostname} redirects more than {REDIRECTS_AT_MOST} times")


def _same_host(parts: SplitResult, url: str) -> str:
    there = urlsplit(url)
    before = (parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme)
    after = (there.hostname, there.port or _PORTS.get(there.scheme), there.scheme)
    if before != after:
        raise InboxFault(f"{parts.hostname} redirects to another host or port, which is not followed")
    return url


@contextmanager
def _ended_after(connection: Pinned, seconds: float, parts: SplitResult) -> Iterator[None]:
    """Cut the connection when its time is over: an answer that trickles never runs into a timeout by itself."""
    timer = threading.Timer(seconds, connection.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise InboxFault(f"{parts.hostname} shows a certificate that does not hold") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InboxFault(f"{parts.hostname} does not answer as it should ({type(error).__name__})") from None
    finally:
        timer.cancel()
        connection.close()

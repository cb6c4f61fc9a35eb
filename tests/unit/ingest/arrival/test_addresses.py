"""Addresses of the outside world: only public ones are asked, and the one that was checked is the one connected to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ingest.arrival import addresses
from ingest.arrival.addresses import Guard, asked
from ingest.arrival.entries import InboxFault

OPEN = Guard(allow_http=True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "::1", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address):
    """Fault 64."""
    assert not OPEN.is_allowed(address)


def test_a_public_address_and_a_network_allowed_by_name_are_not():
    assert OPEN.is_allowed("8.8.8.8") and OPEN.is_allowed("2606:4700:4700::1111")
    local = Guard(allow_http=True, allow_networks=("127.0.0.1/32",))
    assert local.is_allowed("127.0.0.1") and local.is_allowed("::ffff:127.0.0.1")
    assert not local.is_allowed("127.0.0.2") and not local.is_allowed("10.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "file:///etc/passwd", "ftp://example.com/a", "gopher://example.com/", "https:///x",
        "https://me:secret@example.com/", "https://example.com/\r\nX: y", "https://exämple.com/", "https://a b/",
    ],
)  # fmt: skip
def test_only_encrypted_addresses_of_a_plain_form_are_asked(url):
    with pytest.raises(InboxFault) as refusal:
        Guard(allow_http=False).check_url(url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "0"])
def test_no_spelling_of_this_machine_is_connected_to(host, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
    with pytest.raises(InboxFault), asked(f"http://{host}:9/", OPEN, {}, 1.0):
        pytest.fail("answered")


def resolving_to(*answers: list[str]):
    """A name that leads to other addresses each time it is asked for."""
    left = list(answers)

    def resolve(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in left.pop(0)]

    return resolve


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    monkeypatch.setattr(addresses.socket, "getaddrinfo", resolving_to(["93.184.216.34", "127.0.0.1"]))
    with pytest.raises(InboxFault, match="not public"):
        OPEN.resolve("rebind.example", 80)


def test_a_name_that_changes_its_mind_after_the_check_is_still_connected_to_what_was_checked(monkeypatch):
    """Fault 64: DNS rebinding."""
    connected = []

    def connect(address, **_):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(addresses.socket, "getaddrinfo", resolving_to(["93.184.216.34"], ["127.0.0.1"]))
    monkeypatch.setattr(addresses.socket, "create_connection", connect)
    with pytest.raises(InboxFault), asked("http://rebind.example/a.csv", OPEN, {}, 1.0):
        pytest.fail("answered")
    assert connected == [("93.184.216.34", 80)]


@pytest.fixture
def impostor(tmp_path) -> Iterator[int]:
    """A server with an encrypted port and a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    began = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, began, began + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM) + key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    (tmp_path / "pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_certificate_that_nobody_vouches_for_is_refused(impostor, capfd):
    local = Guard(allow_http=False, allow_networks=("127.0.0.1/32", "::1/128"))
    with pytest.raises(InboxFault, match="certificate"), asked(f"https://localhost:{impostor}/", local, {}, 5.0):
        pytest.fail("answered")


def test_an_answer_that_trickles_is_cut_when_its_time_is_over():
    """Each byte comes before any timeout; only the whole takes too long."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        stop = threading.Event()

        def trickle() -> None:
            with suppress(OSError), server.accept()[0] as connection:
                while not stop.wait(0.02):
                    connection.send(b"H")

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        local = Guard(allow_http=True, allow_networks=("127.0.0.1/32",))
        with pytest.raises(InboxFault), asked(f"http://127.0.0.1:{server.getsockname()[1]}/", local, {}, 0.3):
            pytest.fail("answered")
        stop.set()
        thread.join(5)


def test_a_connection_that_was_cut_before_it_was_made_is_not_used(monkeypatch):
    monkeypatch.setattr(addresses.socket, "create_connection", lambda *_, **__: socket.socket())
    connection = addresses.Pinned(urlsplit("http://slow.example/"), ("127.0.0.1", 9), 5.0)
    connection.cut()
    with pytest.raises(TimeoutError):
        connection.connect()
    connection.close()

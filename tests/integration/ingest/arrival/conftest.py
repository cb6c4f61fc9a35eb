"""Real servers on 127.0.0.1: OpenSSH, an S3 API, a web server. Each ends with the tests that started it."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
ACCESS_KEY, SECRET_KEY = "an-access-key", "a-secret-key-that-nobody-may-read"


@dataclass(frozen=True)
class Sftp:
    """An OpenSSH server: its port, the folder that it serves, and the keys to it."""

    port: int
    folder: Path
    known_hosts: Path
    private_key: Path

    def inbox(self, **changes) -> dict:
        """This folder as ``inboxes.yaml`` describes it."""
        user = pwd.getpwuid(os.getuid()).pw_name
        return {
            "name": "sftp", "url": f"sftp://127.0.0.1:{self.port}{self.folder}", "known_hosts": str(self.known_hosts),
            "credentials": {"user": user, "private_key": {"file": str(self.private_key)}},
            "complete": {"rule": "at_once"}, **changes,
        }  # fmt: skip


@pytest.fixture(scope="session")
def sshd(tmp_path_factory) -> Iterator[Sftp]:
    """OpenSSH's own server with its own keys, as whoever runs the tests."""
    assert SSHD, "OpenSSH's server is missing; install it: sh deploy/sftp_server.sh"
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    port = _free_port()
    served = folder / "served"
    served.mkdir()
    if os.getuid() == 0:
        # Where the server, run by root, puts the part of itself that speaks with strangers.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    (folder / "sshd_config").write_text(_SSHD_CONFIG.format(port=port, folder=folder))
    public = (folder / "host_key.pub").read_text().split()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    try:
        _wait_for(port, process, folder / "log")
        yield Sftp(port, served, folder / "known_hosts", folder / "user_key")
    finally:
        process.terminate()
        process.wait(10)


_SSHD_CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"sshd does not listen: {log.read_text()}")


@dataclass(frozen=True)
class S3:
    """An S3 API with one bucket called feeds."""

    endpoint: str
    client: object
    secret_key: str = SECRET_KEY

    def put(self, key: str, content: str) -> None:
        self.client.put_object(Bucket="feeds", Key=key, Body=content.encode())

    def inbox(self, **changes) -> dict:
        return {
            "name": "bucket", "url": "s3://feeds/in", "endpoint_url": self.endpoint,
            "credentials": {"access_key_id": {"env": "S3_ACCESS"}, "secret_access_key": {"env": "S3_SECRET"}},
            **changes,
        }  # fmt: skip


@pytest.fixture
def s3(monkeypatch) -> Iterator[S3]:
    """moto's S3 server on a port of its own, empty but for the bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    monkeypatch.setenv("S3_ACCESS", ACCESS_KEY)
    monkeypatch.setenv("S3_SECRET", SECRET_KEY)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY, "region_name": "us-east-1"}
        client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
        for one in client.list_buckets()["Buckets"]:
            for item in client.list_objects_v2(Bucket=one["Name"]).get("Contents", []):
                client.delete_object(Bucket=one["Name"], Key=item["Key"])
        client.create_bucket(Bucket="feeds")
        yield S3(f"http://{host}:{port}", client)
    finally:
        server.stop()


@dataclass
class Web:
    """A web server: what it answers per path, and what it was asked."""

    url: str = ""
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def put(self, path: str, content: str, status: int = 200, **headers: str) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, names, content.encode())

    def inbox(self, *files: dict, **changes) -> dict:
        return {
            "name": "web", "url": self.url, "files": list(files), "allow_http": True,
            "allow_networks": ["127.0.0.1/32"], "look_every_seconds": 0, **changes,
        }  # fmt: skip


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that knows conditions, on a port of its own."""
    site = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            site.asked.append((self.path, dict(self.headers)))
            status, headers, body = site.pages.get(self.path, (404, {}, b""))
            tag = headers.get("ETag")
            if tag and self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
            self.send_response(status)
            length = {} if status == 304 else {"Content-Length": str(len(body))}
            for name, value in {**length, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()

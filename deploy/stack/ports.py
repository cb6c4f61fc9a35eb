"""Ports of this machine."""

from __future__ import annotations

import random
import socket

# Below the range from which systems hand out ports for outgoing connections.
RANGE = range(15000, 30000)


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1 at this port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that is free now; somebody may still take it before we do, so a start may need a second one."""
    return next(port for port in random.sample(RANGE, len(RANGE)) if is_free(port))

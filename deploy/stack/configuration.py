"""The server configuration that the stack writes."""

from __future__ import annotations

import os

_MEBIBYTE = 1024**2


def page_cache_mebibytes(memory_bytes: int) -> int:
    """A quarter of the memory, at least 256 and at most 4096 MiB.

    A large load dirties about 240 bytes a line. Where these pages find no room, the process
    that loads writes them out and reads them again, in the middle of its own log.
    """
    return min(4096, max(256, memory_bytes // 4 // _MEBIBYTE))


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


# Asked for at every start; what a cluster sets differently comes on top, and on top of that what an operator says with
# ALTER SYSTEM.
COMMON = {
    "listen_addresses": "127.0.0.1",
    # TCP only: one way in, one set of rules, and no limit on the length of a socket's path.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "wal_level": "logical",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "4GB",
    "checkpoint_completion_target": "0.9",
    # Random reads cost about as much as sequential ones on the disks of today.
    "random_page_cost": "1.1",
    "jit": "off",
    # Who changed a row and when, which the conflict counters of the apply workers need.
    "track_commit_timestamp": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "50MB",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] %u@%d %a ",
    "log_statement": "ddl",
    "log_lock_waits": "on",
    "log_min_duration_statement": "5s",
}

# Nine subscriptions, each with helpers for the first copy and for streamed transactions.
REPLICATION = {
    "max_wal_senders": "40",
    "max_replication_slots": "40",
    "max_active_replication_origins": "40",
    "max_worker_processes": "60",
    "max_logical_replication_workers": "40",
    "max_sync_workers_per_subscription": "2",
    "max_parallel_apply_workers_per_subscription": "2",
    # Too low a limit loses healthy subscriptions during a load: four times the largest load.
    "max_slot_wal_keep_size": "8GB",
    "wal_sender_timeout": "10s",
    "wal_receiver_timeout": "10s",
    "wal_retrieve_retry_interval": "1s",
}

PRIMARY = {
    **COMMON,
    **REPLICATION,
    "shared_buffers": f"{page_cache_mebibytes(_memory_bytes())}MB",
    # A load makes 150 MB of log a second: with room for a few hundred milliseconds of it, the log writer writes it
    # down, and not the process that loads.
    "wal_buffers": "64MB",
    # Log files of the last loads are written over by the next one; a new one is first filled with zeros and synced.
    # Ten million lines make three and a half gigabytes, which no checkpoint should interrupt.
    "min_wal_size": "4GB",
    "max_wal_size": "8GB",
}
STANDBY = {**COMMON, **REPLICATION}
WAREHOUSE = {**COMMON, "max_connections": "100"}

HBA = """\
# Written by partsbay at every start. Passwords everywhere, this machine only.
host  all          all                   127.0.0.1/32  scram-sha-256
host  replication  partsbay_replication  127.0.0.1/32  scram-sha-256
"""


def as_file(settings: dict[str, str], port: int) -> str:
    """The text of a configuration file; every value quoted, quotes doubled."""
    lines = ["# Written by partsbay at every start."]
    for name, value in {**settings, "port": str(port)}.items():
        lines.append(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'")
    return "\n".join(lines) + "\n"

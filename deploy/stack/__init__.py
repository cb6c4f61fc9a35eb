"""The local databases: PostgreSQL clusters under one folder, started and stopped by ``partsbay``.

A leaf: knows clusters, accounts, ports and passwords, and nothing of what the databases hold.
"""

"""How it runs: the local stack, database migrations, replication, the demonstration, runbooks.

A leaf: it takes addresses and folders as arguments and imports none of the other rooms.
"""

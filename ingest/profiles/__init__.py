"""What we know of each partner's files: profiles as YAML, and how they turn a file's columns into ours.

No database and no network belong here; reading a format belongs to ``ingest.readers``.
"""

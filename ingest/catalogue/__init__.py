"""Authoring of the catalogue: drafts, their life, what is published of them, and what the catalogue says at a moment.

Files go the way of all files, see ``ingest.stores.catalogue``; both are judged by the same rules.
"""

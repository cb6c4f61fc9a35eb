"""A demonstration network made from real files: what it reads, how it derives the rest, and the drop files it writes.

``build.build(drop)`` is the door. The rules are in README.md, the origins and licences in PROVENANCE.md.
"""

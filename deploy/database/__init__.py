"""Numbered migrations: the owner of every table that dbt does not build.

``stores/sql`` is the schema of a region, the same in both; ``warehouse/sql`` that of the warehouse.
A migration is one hand-written SQL file with a revision file of the same name beside it.
"""

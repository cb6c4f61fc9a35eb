"""Great Expectations suites, one module per contract, and the judge that runs one on one batch.

Knows the contracts of ``ingest``; knows no database, no file and no dagster.
"""

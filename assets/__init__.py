"""What exists: one module per store, the dbt models, publishing, serving and the report.

Bodies are short and call ``ingest`` and ``expectations``. No parsing and no SQL
text live here; when things run is decided in ``orchestration``.
"""

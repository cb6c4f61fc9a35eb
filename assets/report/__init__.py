"""The replenishment report: one self-contained HTML page and one workbook, made from the report models.

data.py decides what the page says, html.py and workbook.py write it, files.py puts both
where people find them. SQL lives in ingest.reporting; numbers are made in dbt and never here.
"""

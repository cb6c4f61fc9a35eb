"""Parquet and Arrow files: flat columns of plain types alone, read in a process of their own."""

"""One module per file format: bytes in, typed Arrow tables out. No database and no network belong here."""

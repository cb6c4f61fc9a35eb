"""The ``partsbay`` command line: one module per family of commands, no business logic."""

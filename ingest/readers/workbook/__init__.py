"""Workbooks, read in a process of their own; nothing that runs there imports Arrow, so that it starts quickly."""

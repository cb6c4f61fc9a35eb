"""Workbooks, read in a short-lived process of their own; nothing that runs there imports Arrow, so it starts quickly."""

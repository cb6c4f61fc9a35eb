"""Workbooks, read in a short-lived process of their own: what runs there imports no Arrow, so that it starts quickly."""

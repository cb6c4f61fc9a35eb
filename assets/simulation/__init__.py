"""Policies played over past demand: what service they would have given, and what stock it would have taken.

series.py reads histories, game.py plays, methods.py says up to where to order, comparing.py sweeps
the one parameter of each method and puts their curves side by side. Months, whole units, no money.
"""

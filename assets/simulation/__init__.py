"""Policies played over past demand: what service they would have given, and what stock it would have taken.

series.py reads histories, production.py says up to where a run would order and methods.py what others would, game.py
plays, comparing.py sweeps the one parameter of each policy and puts their curves side by side. Months, whole units, no
money.
"""

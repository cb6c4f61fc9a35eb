"""The life of a reservation: ask, consume, release, cancel, extend, pick, let lapse, and say why something waits.

The rules are functions of the database, so that every writer meets the same ones; here is how they are called and read.
"""

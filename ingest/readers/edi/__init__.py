"""X12 and EDIFACT: interchanges as rows of our contracts, and the acknowledgements that answer them.

Tokenising, envelopes, the meaning of segments and writing belong here; storing and judging rows do not.
"""

"""Rules of acceptance that look beyond one file: what came before, what is missing, what jumps (F20).

What they find is derived from the set of accepted files in the order in which they were
stated, never in the order in which they arrived. Two things cannot be: of two lines that
contradict each other on the same key and moment the first accepted one counts (F19); and
whether a FULL file is held for its size (ROW_DROP, KEY_COVERAGE) is decided once, against
the files that were there when it came. A batch that is held or rejected takes no part.
"""

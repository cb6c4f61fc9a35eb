"""Rules of acceptance that look beyond one file: what came before, what is missing, what jumps (F20).

What they find is derived from the set of accepted files in the order in which they were
stated, never in the order in which they arrived. One thing cannot be: of two lines that
contradict each other on the same key and moment the first accepted one counts (F19). A batch
that is held or rejected takes no part.
"""

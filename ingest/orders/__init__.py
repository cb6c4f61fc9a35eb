"""Purchase orders: made of what planners approved, written into files, and followed until the parts are there."""

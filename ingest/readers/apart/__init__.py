"""Files that could harm their reader are opened apart: in a short-lived process with caps on memory and time."""

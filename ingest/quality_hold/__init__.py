"""Quality holds: place them, decide about them, follow campaigns. The rules are functions of the database (0007)."""

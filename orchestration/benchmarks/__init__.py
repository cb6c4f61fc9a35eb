"""Measurements side by side with a yardstick, in one run. Commands show them; nothing here is used in daily work."""

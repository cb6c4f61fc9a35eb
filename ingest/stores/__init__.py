"""How accepted rows reach the stores: one module per store with its SQL in full, and what they share in loading.py."""

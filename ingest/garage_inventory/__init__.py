"""What people and programs do with the stock of garages, and ask of it; files of stock come in by ``ingest.stores``."""

"""What planners decide about proposals, and the queue that carries it on; proposals are in replenishment.py."""

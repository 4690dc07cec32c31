"""What authors write: strategies, and the view that they decide from."""

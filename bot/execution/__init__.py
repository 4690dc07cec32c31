"""From what a strategy wants to the orders that get it there."""

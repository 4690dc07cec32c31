"""Where orders go: the simulated venue, and the ways to the real ones."""

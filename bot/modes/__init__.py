"""Each mode picks a clock, a feed and a venue; the driver's loop is the same for all."""

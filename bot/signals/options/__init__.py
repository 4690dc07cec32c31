"""Options: what a whole chain says of volatility, skew, gamma and positioning."""

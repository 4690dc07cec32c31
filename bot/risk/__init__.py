"""What may be ordered at all: limits, worst cases, the review of every order, and halts."""

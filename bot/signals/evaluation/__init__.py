"""What a signal is worth, measured: against prices before and after it, with what luck can do."""

"""Plain-Python building blocks of gauges: what is usual, what fades, what is remembered."""

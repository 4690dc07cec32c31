"""Order books of many instruments as one state, and the kernels that keep them."""

"""A venue of our own over recorded or live books: it matches, charges, pays and liquidates."""

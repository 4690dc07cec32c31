"""Market data in: each venue's frames, decoded to rows and events of the tape."""

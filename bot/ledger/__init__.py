"""What we own, owe and earned: double-entry postings, positions, equity and its attribution."""

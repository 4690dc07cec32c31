"""What others recorded, turned into recordings of ours."""

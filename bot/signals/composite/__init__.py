"""Many scores as one number, with what each of them contributes."""

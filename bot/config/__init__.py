"""The configuration: TOML in, checked whole, and handed on as what each room wants."""

"""Nouns of the field, as values: instruments, events, orders, intents, commands."""

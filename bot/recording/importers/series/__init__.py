"""Rare series that somebody collected into CSV, as events: one importer a collection."""

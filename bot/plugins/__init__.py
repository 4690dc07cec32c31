"""Strategies and signals that are not compiled into the bot: found by name, path or package."""

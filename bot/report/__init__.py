"""What a run is shown as when it is over: a page, a screen of text, tables for other programs."""

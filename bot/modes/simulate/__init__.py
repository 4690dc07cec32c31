"""What a strategy does when a leg breaks: scenarios, the venue that breaks it, the scorecard."""

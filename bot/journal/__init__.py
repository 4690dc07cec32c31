"""What survives a crash: the journal, the session's tape, its snapshots and its lock."""

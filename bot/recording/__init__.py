"""Market data on disk: Parquet recordings, raw captures, and the formats of others."""

"""Deribit as a face of the served venue: JSON-RPC over WebSocket and HTTP."""

"""The embedded engine, for development and tests."""

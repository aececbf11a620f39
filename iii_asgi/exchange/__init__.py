"""The translations between invocations and HTTP, one file a kind. No I/O."""

"""One invocation from its message to its answer."""

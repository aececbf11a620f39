"""The iii wire: messages and the state of a connection. No I/O."""

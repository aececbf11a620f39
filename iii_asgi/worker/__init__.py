"""The worker's side of the wire: sockets, reconnects, channels."""

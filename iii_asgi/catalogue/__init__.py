"""The app's routes as functions and triggers. No I/O."""

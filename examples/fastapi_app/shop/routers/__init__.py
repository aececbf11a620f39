"""The routes of the shop, one module for each part of it."""

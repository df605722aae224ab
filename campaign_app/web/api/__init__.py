"""The JSON API under /api/marketing: a file for each resource."""

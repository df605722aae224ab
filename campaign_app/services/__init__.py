"""Steps over several rows and the provider: no Flask request, no words for pages."""

"""The pages, the JSON API and the webhook: one file, one blueprint, one prefix."""

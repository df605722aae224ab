"""The benchmarks: each measures the app and a floor of the same parts in one run, and prints their ratio."""

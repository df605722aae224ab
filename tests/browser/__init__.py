"""The pages in a real browser, against the real app under gunicorn and the simulator."""

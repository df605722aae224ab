"""Tests of the Cloud API's requests, answers, webhooks and error codes."""

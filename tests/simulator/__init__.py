"""Tests of the Cloud API simulator, over HTTP."""

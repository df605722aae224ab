"""The floor of the webhook intake: a Flask view that checks the signature and stores nothing."""

import hashlib
import hmac
import os

from flask import Flask, request

app = Flask(__name__)
SECRET = os.environ["WHATSAPP_APP_SECRET"].encode()


@app.post("/webhook/whatsapp")
def receive():
    expected = "sha256=" + hmac.new(SECRET, request.get_data(), hashlib.sha256).hexdigest()
    right = hmac.compare_digest(expected, request.headers.get("X-Hub-Signature-256", ""))
    return "", 200 if right else 403


@app.get("/healthz")
def alive():
    return "", 200

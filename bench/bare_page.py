"""The floor of the pages: a Flask view that renders the page's empty base template, for nobody, from no database."""

from flask import Flask, render_template
from flask_bootstrap import Bootstrap5

app = Flask(__name__, template_folder="../campaign_app/templates", static_folder="../campaign_app/static")
app.config["BOOTSTRAP_SERVE_LOCAL"] = True
Bootstrap5(app)


@app.get("/")
def empty():
    return render_template("base_bare.html")


@app.get("/healthz")
def alive():
    return "", 200

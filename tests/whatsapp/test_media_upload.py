"""Uploading a file to the Cloud API."""

import pytest
import requests

from campaign_app.whatsapp.client import CloudApi, CloudApiError
from tests.media_files import PDF, PNG
from tests.simulator_process import RunningSimulator
from tests.whatsapp.peers import an_answer, answering


def test_a_file_arrives_byte_for_byte_with_its_type(tmp_path):
    path = tmp_path / "medium"
    path.write_bytes(PDF + bytes(range(256)) * 3000)
    with RunningSimulator() as simulator:
        api = CloudApi(
            simulator.url,
            "v25.0",
            simulator.phone_number_id,
            simulator.business_account_id,
            simulator.access_token,
        )
        media_id = api.upload_media(path, "application/pdf")
        headers = {"Authorization": f"Bearer {simulator.access_token}"}
        facts = requests.get(f"{simulator.url}/v25.0/{media_id}", headers=headers, timeout=5).json()
    assert facts["mime_type"] == "application/pdf" and int(facts["file_size"]) == path.stat().st_size


def test_a_refusal_is_told_in_whatsapps_words(a_server, an_api, tmp_path):
    (tmp_path / "medium").write_bytes(PNG)
    error = {"error": {"code": 131053, "message": "(#131053) Media upload error"}}
    server = a_server(answering(an_answer(400, error)))
    with pytest.raises(CloudApiError, match="131053"):
        an_api(server).upload_media(tmp_path / "medium", "image/png")


def test_an_answer_without_a_number_is_none(a_server, an_api, tmp_path):
    (tmp_path / "medium").write_bytes(PNG)
    with pytest.raises(CloudApiError, match="without the number"):
        an_api(a_server(answering(an_answer(200, {"success": True})))).upload_media(
            tmp_path / "medium", "image/png"
        )


def test_a_server_that_is_away_is_told(an_api, tmp_path):
    (tmp_path / "medium").write_bytes(PNG)
    with pytest.raises(CloudApiError, match="could not be reached"):
        an_api("http://127.0.0.1:9").upload_media(tmp_path / "medium", "image/png")

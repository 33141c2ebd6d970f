"""The example of docs/api.md does what it says, with a real curl against a real server."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from campaigns import tokens
from campaigns.models import ContactList, ListVersion
from tests import build

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl here"),
]


def test_the_example_uploads_a_file_in_pieces_and_makes_a_list_of_it(live_server: Any, tmp_path: Path):
    by, campaign = build.user("manager"), build.campaign()
    _token, secret = tokens.make(user=by, name="curl", days=1, may_change=True, by=by)
    content = "customer id,name,phone\n" + "".join(f"C{n},Ann,{13800138000 + n}\n" for n in range(2_000))
    (tmp_path / "july.csv").write_text(content)
    script = re.search(r"```sh\n(API=.*?)```", Path("docs/api.md").read_text(), re.DOTALL)[1]
    here = script.replace("https://fairdial.example", live_server.url).replace("campaign=2", f"campaign={campaign.pk}")

    done = subprocess.run(
        ["bash", "-e", "-c", here], cwd=tmp_path, env={**os.environ, "TOKEN": secret}, timeout=120, capture_output=True
    )

    assert done.returncode == 0, done.stderr
    assert ContactList.objects.get().campaigns.get() == campaign
    assert Path(ListVersion.objects.get().file.path).read_text() == content

"""Starts Copydesk once for all tests, and resets it before each."""

import json
import os
from subprocess import PIPE, Popen
from urllib.request import Request, urlopen

import pytest

# It stops once its input is closed: when the tests end, in whatever way they do.
COMMAND = [os.environ.get("COPYDESK_BINARY", "copydesk"), *"""
    --ephemeral --test --watch-stdin --listen 127.0.0.1:0 --admin-key test
    --fixtures fixtures.jsonl --clock 2026-01-01T00:00:00Z --seed 7""".split()]
# With an environment of its own, since the one of your project must not decide what is tested.
ENVIRONMENT = {"PATH": os.environ["PATH"], "RUST_LOG": "warn"}


@pytest.fixture(scope="session")
def url():
    here = os.path.dirname(__file__)
    with Popen(COMMAND, cwd=here, env=ENVIRONMENT, stdin=PIPE, stdout=PIPE, text=True) as server:
        url = server.stdout.readline().strip()
        assert url, "copydesk did not start"
        yield url


@pytest.fixture(autouse=True)
def control(url):
    def post(operation, body):
        headers = {"Authorization": "Bearer test", "Content-Type": "application/json"}
        urlopen(Request(f"{url}/v1/test/{operation}", json.dumps(body).encode(), headers)).close()

    post("reset", {})
    return post

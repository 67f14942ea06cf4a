"""What the Python drivers share. run.py reads the lines that `step` prints."""

import os
import traceback
import uuid
from collections.abc import Callable

BASE_URL = os.environ["BASE_URL"]
KEY = os.environ["KEY"]


def unique() -> str:
    return f"c{uuid.uuid4().hex[:8]}"


def same(got: object, wanted: object) -> None:
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def step(name: str, run: Callable[[], None]) -> None:
    try:
        run()
        print(f"ok {name}")
    except Exception:
        print(f"FAIL {name}\n{traceback.format_exc()}")

#!/usr/bin/env bash
# The same with the newest version of each generator: what users get who install one today.
# usage: bash tests/clients/newest.sh BASE_URL KEY WORK_DIR
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/run.py" --newest "$@"

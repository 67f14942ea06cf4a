#!/usr/bin/env bash
# usage: bash tests/clients/run.sh BASE_URL KEY WORK_DIR
exec python3 -B "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"

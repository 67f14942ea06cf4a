#!/bin/sh
# Becomes the server: no process stands between it and whoever started it, so signals, exit code and output are its own.
#
# npx starts a command through a shell, and a SIGTERM to npx ends only npx and that shell.
# There, the kernel is asked to send the server a SIGTERM when the shell has ended.
server=$(dirname "$(readlink -f "$0")")/copydesk
if [ "${npm_command-}" = exec ] && setpriv --pdeathsig TERM true 2>/dev/null; then
    exec setpriv --pdeathsig TERM "$server" "$@"
fi
exec "$server" "$@"

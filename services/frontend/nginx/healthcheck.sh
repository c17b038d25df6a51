#!/bin/sh
# Asks nginx whether it serves the page. Alpine has wget; Debian's essential packages have bash, which can speak TCP.
set -eu
port=${PORT:-80}
if command -v wget >/dev/null; then
    exec wget -q -T 2 -O /dev/null "http://127.0.0.1:$port/ready"
fi
exec bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$0"
    printf "GET /ready HTTP/1.0\r\n\r\n" >&3
    read -r -t 2 status <&3
    [[ $status == *" 200 "* ]]' "$port"

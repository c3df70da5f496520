"""Is there in place of a process that a warm Python became: hands its signals on, and ends as it does.

python -I -S ask.py DOOR MODULE ARGUMENTS ...
"""

import json
import os
import signal
import socket
import sys

with socket.socket(socket.AF_UNIX) as door:
    door.connect(sys.argv[1])
    asked = json.dumps({"argv": sys.argv[2:], "env": dict(os.environ), "cwd": os.getcwd()}).encode() + b"\n"  # noqa: PTH109 - starts at once
    sent = socket.send_fds(door, [asked], [0, 1, 2])
    door.sendall(asked[sent:])
    pid = int(door.recv(32))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os.kill(pid, number))
    sys.exit(int(door.recv(32) or 1))

"""Small children for the supervisor's tests, in place of ours: `stand_ins.py up` supervises them.

Each answers what the supervisor asks and nothing more. PostgreSQL and Valkey are the real ones.
"""

import http.server
import json
import os
import signal
import socket
import socketserver
import sys
import time
from pathlib import Path

_ME = (sys.executable, __file__)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(float(os.environ["STAND_IN_SLOW_S"]))
        body = json.dumps({"pid": os.getpid(), "environment": dict(os.environ)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, _ = self.socket.accept()
        return connection, ("local", 0)


def _prepare() -> None:
    if sentence := os.environ.get("STAND_IN_REFUSAL"):
        sys.stderr.write(f"{sentence}\n")
        sys.exit(2)
    answer = {
        "api_key": "sk-po_made_up",
        "demo_prompt": "demo",
        "curl_variables": {"topic": "it's"},
    }
    sys.stdout.write(json.dumps(answer) + "\n")


def _serve() -> None:
    listener = socket.socket(fileno=int(os.environ["PROMPTOPS_LISTEN_FD"]))
    server = http.server.ThreadingHTTPServer(
        listener.getsockname(), _Handler, bind_and_activate=False
    )
    server.socket.close()
    server.socket = listener
    server.daemon_threads = True
    if os.environ.get("STAND_IN_DEAF"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    server.serve_forever()


def _model(port: int) -> None:
    http.server.ThreadingHTTPServer(("127.0.0.1", port), _Handler).serve_forever()


def _adaptor(path: str) -> None:
    Path(path).unlink(missing_ok=True)
    _UnixServer(path, _Handler).serve_forever()


def _up() -> None:
    # Imported here, so that the children start in no time.
    from promptops_server.core.settings import Settings
    from promptops_server.embedded.parts import Commands
    from promptops_server.embedded.supervisor import run_up

    commands = Commands(
        prepare=(*_ME, "prepare"),
        serve=(*_ME, "serve"),
        local_model=(*_ME, "model"),
        adaptor=(*_ME, "adaptor"),
    )
    sys.exit(run_up(Settings(), commands))


def main() -> None:
    role = sys.argv[1]
    if role == "up":
        _up()
    elif role == "prepare":
        _prepare()
    elif role == "serve":
        _serve()
    elif role == "model":
        _model(int(sys.argv[3]))
    else:
        _adaptor(sys.argv[3])


if __name__ == "__main__":
    main()

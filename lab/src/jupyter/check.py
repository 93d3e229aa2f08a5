"""Runs a notebook the way a browser would: through the Jupyter server's own HTTP and WebSocket interface.

Arguments: server address, notebook path. The token comes in UNET_LAB_TOKEN. Prints one JSON object a line: first
{"ready": seconds}, then {"cell": id, "seconds": s} for each cell, at last {"done": cells, "seconds": s}, or
{"failed": id, "source": ..., "reason": ...}.
"""

import json
import os
import sys
import time
import urllib.parse
import urllib.request
import uuid

import websocket

server, path = sys.argv[1:3]
token = os.environ["UNET_LAB_TOKEN"]
FIRST_CELL_LIMIT = 1800
CELL_LIMIT = 900


def say(**event):
    print(json.dumps(event), flush=True)


def request(method, api, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    question = urllib.request.Request(server + api, data=data, headers=headers, method=method)
    with urllib.request.urlopen(question, timeout=60) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def text_of(content):
    """The plain text of a stream, display or result."""
    if "text" in content:
        return content["text"]
    return content.get("data", {}).get("text/plain", "")


def run(socket, session, code, limit):
    """Runs code; gives its text, or raises RuntimeError with the error's text."""
    message_id = uuid.uuid4().hex
    header = {
        "msg_id": message_id, "msg_type": "execute_request", "username": "check", "session": session,
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "version": "5.3",
    }
    content = {
        "code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
        "stop_on_error": True,
    }
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell", "buffers": []}
    socket.send(json.dumps(message))
    deadline = time.monotonic() + limit
    text, status, idle = "", None, False
    while not (status and idle):
        left = deadline - time.monotonic()
        if left <= 0:
            raise RuntimeError(f"no answer within {limit} s")
        socket.settimeout(left)
        answer = json.loads(socket.recv())
        if answer["parent_header"].get("msg_id") != message_id:
            continue
        kind, content = answer["msg_type"], answer["content"]
        if kind in ("stream", "display_data", "update_display_data", "execute_result"):
            text += text_of(content)
        elif kind == "execute_reply":
            status = content
        elif kind == "status":
            idle = content["execution_state"] == "idle"
    if status["status"] != "ok":
        raise RuntimeError("\n".join(status.get("traceback", [])) or status.get("evalue", status["status"]))
    return text


def main():
    started = time.monotonic()
    notebook = request("GET", "/api/contents/" + urllib.parse.quote(path) + "?content=1")["content"]
    kernel = notebook["metadata"]["kernelspec"]["name"]
    session = request("POST", "/api/sessions", {
        "path": path, "name": path, "type": "notebook", "kernel": {"name": kernel},
    })
    address = server.replace("http", "ws", 1) + f"/api/kernels/{session['kernel']['id']}/channels?session_id=check"
    socket = websocket.create_connection(address, header=[f"Authorization: token {token}"], timeout=60)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["source"].strip()]
    limit = FIRST_CELL_LIMIT
    try:
        for cell in cells:
            before = time.monotonic()
            try:
                text = run(socket, "check", cell["source"], limit)
                for expected in cell["metadata"].get("unet_lab", {}).get("expect", []):
                    if expected not in text:
                        raise RuntimeError(f"the output does not contain {expected!r}")
            except (RuntimeError, OSError, websocket.WebSocketException) as error:
                say(failed=cell["id"], source=cell["source"], reason=str(error))
                return 1
            if limit == FIRST_CELL_LIMIT:
                say(ready=time.monotonic() - started)
                limit = CELL_LIMIT
            say(cell=cell["id"], seconds=time.monotonic() - before)
    finally:
        socket.close()
        request("DELETE", f"/api/sessions/{session['id']}")
    say(done=len(cells), seconds=time.monotonic() - started)
    return 0


sys.exit(main())

"""A kernel and its client, for the lab's own tests and measurements."""

import contextlib
import time
from queue import Empty

from jupyter_client.manager import start_new_kernel


class Answer:
    """What a cell showed, and how it ended."""

    def __init__(self, reply, messages):
        self.reply = reply["content"]
        self.status = self.reply["status"]
        self.messages = messages

    def of(self, *kinds):
        return [message["content"] for message in self.messages if message["msg_type"] in kinds]

    @property
    def text(self):
        return "".join(content["text"] for content in self.of("stream"))

    @property
    def value(self):
        results = self.of("execute_result")
        return results[-1]["data"]["text/plain"] if results else None

    @property
    def error(self):
        return self.of("error")[0]

    @property
    def traceback(self):
        return "\n".join(self.error["traceback"])


class Kernel:
    def __init__(self, manager, client):
        self.manager, self.client = manager, client

    def run(self, code, timeout=120, answer_input=None, on_message=None, **options):
        """Runs a cell to its end and gives an Answer."""
        message_id = self.client.execute(code, allow_stdin=answer_input is not None, **options)
        messages, reply, idle = [], None, False
        deadline = time.monotonic() + timeout
        while not (reply and idle):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no end of the cell within {timeout} s: {code}")
            with contextlib.suppress(Empty):
                message = self.client.get_iopub_msg(timeout=0.02)
                if message["parent_header"].get("msg_id") == message_id:
                    if message["msg_type"] == "status":
                        idle = message["content"]["execution_state"] == "idle"
                    messages.append(message)
                    if on_message:
                        on_message(message)
            if answer_input is not None:
                with contextlib.suppress(Empty):
                    self.client.get_stdin_msg(timeout=0.01)
                    self.client.input(answer_input)
            if reply is None:
                with contextlib.suppress(Empty):
                    found = self.client.get_shell_msg(timeout=0.01)
                    reply = found if found["parent_header"].get("msg_id") == message_id else None
        return Answer(reply, messages)


@contextlib.contextmanager
def kernel(name="unet-lab", **options):
    manager, client = start_new_kernel(kernel_name=name, **options)
    try:
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=False)

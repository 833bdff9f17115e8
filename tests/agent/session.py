# SPDX-License-Identifier: Apache-2.0
"""The server's side of one call of a component: first message, token, then messages in both directions until somebody ends it."""

import queue
import threading

import grpc

FIRST_MESSAGE_SECONDS = 5
END = object()


class Session:
    """One call. The handler's generator passes on what send() is given; on_message is called for each message that comes."""

    def __init__(self, requests, context):
        self.context = context
        self.open = True
        self._box = queue.Queue()
        context.add_callback(lambda: self._box.put(END))
        threading.Thread(target=self._read, args=(requests,), daemon=True).start()

    def _read(self, requests):
        try:
            for message in requests:
                self._box.put(("came", message))
        except grpc.RpcError:
            pass
        self._box.put(END)

    def first(self):
        """The first message; the call ends if none comes in time."""
        try:
            item = self._box.get(timeout=FIRST_MESSAGE_SECONDS)
        except queue.Empty:
            self.context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "no first message within 5 s")
        if item is END:
            self.context.abort(grpc.StatusCode.CANCELLED, "ended without a message")
        return item[1]

    def send(self, message):
        self._box.put(("send", message))

    def end(self, code, details):
        self._box.put(("abort", (code, details)))

    def run(self, on_message):
        """Generator: what goes to the component."""
        try:
            while True:
                item = self._box.get()
                if item is END:
                    return
                kind, content = item
                if kind == "abort":
                    self.context.abort(*content)
                elif kind == "send":
                    yield content
                else:
                    yield from on_message(content)
        finally:
            self.open = False

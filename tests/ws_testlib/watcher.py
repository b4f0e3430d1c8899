"""
watcher - a client that is told what the server sees of others: a JSON object for each thing
"""
import json

from .wire import TEXT, Client, handshake


class Watcher(Client):
    """A client of the feed at a path."""

    def __init__(self, port, path="/xray", **kwargs):
        super().__init__(port, **kwargs)
        self.upgrade(handshake(f"GET {path} HTTP/1.1"))

    def read_object(self):
        said = self.read_frame()
        assert said.opcode == TEXT, f"an object was expected, {said} came"
        return json.loads(said.payload)

    def read_objects(self, count):
        return [self.read_object() for _ in range(count)]

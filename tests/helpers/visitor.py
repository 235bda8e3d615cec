"""A visitor without a browser, over the page's real WebSocket and Streamlit's protocol."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.helpers.servers import TIMEOUT


class Visitor:
    """One visit of the page."""

    def __init__(self, socket: ClientConnection):
        self._socket = socket
        self.session = ""
        self.components: dict[str, BidiComponent] = {}  # the latest of each name
        self.texts: list[str] = []  # the HTML that the last run showed
        self.exceptions: list[str] = []  # Streamlit's own error boxes in the last run
        self.fragments: set[str] = set()  # that showed something

    def run(
        self,
        states: dict[str, str] | None = None,
        triggers: dict[str, str] | None = None,
        url: str = "",
        query: str = "",
    ) -> Visitor:
        """Run the page and wait until it is shown.

        Args:
            states: the JSON text that a component reports as its state, by its name.
            triggers: the JSON text of the value of a trigger, by `component/trigger`.
            url: the address that the browser claims to be at; the last part of its path names the
                page.
            query: the address's query string.
        """
        message = BackMsg()
        rerun = message.rerun_script
        rerun.SetInParent()
        rerun.query_string = query
        rerun.context_info.url = url
        rerun.page_name = url.rpartition("/")[2] if url.count("/") > 2 else ""
        for name, text in (states or {}).items():
            rerun.widget_states.widgets.add(id=self.components[name].id, json_value=text)
        for name, text in (triggers or {}).items():
            component, event = name.split("/")
            rerun.widget_states.widgets.add(
                id=f"$$STREAMLIT_INTERNAL_KEY_{self.components[component].id}__events",
                json_trigger_value=f'[{{"event": "{event}", "value": {text}}}]',
            )
        self._socket.send(message.SerializeToString())
        self.texts, self.exceptions = [], []
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self._socket.recv(TIMEOUT))
            self._note(answer)
            # A run that was stopped for this one also finishes.
            if answer.WhichOneof("type") == "script_finished" and answer.script_finished != (
                ForwardMsg.FINISHED_EARLY_FOR_RERUN
            ):
                return self

    def _note(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "new_session":
            self.session = message.new_session.initialize.session_id or self.session
        if message.delta.fragment_id:
            self.fragments.add(message.delta.fragment_id)
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "bidi_component":
            component = element.bidi_component
            self.components[component.component_name] = component
            data: Any = json.loads(component.json or component.mixed.json or "null")
            if isinstance(data, dict) and "html" in data:
                self.texts.append(data["html"])
        elif kind == "html":
            self.texts.append(element.html.body)
        elif kind == "exception":
            self.exceptions.append(f"{element.exception.type}: {element.exception.message}")


@contextmanager
def visiting(url: str, origin: str | None = None, host: str | None = None) -> Iterator[Visitor]:
    """Open the page's WebSocket like a browser.

    Args:
        url: the page's address.
        origin: of the page whose script opens it; None if the client is not a browser.
        host: the name by which the browser knows the server, as after DNS rebinding.
    """
    parts = urlsplit(url)
    address = parts.hostname, parts.port
    with (
        socket.create_connection(address, TIMEOUT) as sock,  # type: ignore[arg-type]
        connect(
            f"ws://{host or parts.netloc}{parts.path}/_stcore/stream",
            sock=sock,
            subprotocols=["streamlit"],  # type: ignore[list-item]
            origin=origin,  # type: ignore[arg-type]
            max_size=None,
            open_timeout=TIMEOUT,
        ) as connection,
    ):
        yield Visitor(connection)

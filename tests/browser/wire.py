"""The kernel's websocket with a hand on it."""


class Wire:
    """`lose` tells which frames to drop, `cut` closes the socket until `is_cut` is False again."""

    def __init__(self, page):
        self.sockets, self.lost, self.lose, self.is_cut = [], [], lambda _frame: False, False
        page.route_web_socket(lambda url: "/channels" in url, self._connect)

    def _connect(self, socket):
        if self.is_cut:
            socket.close()
            return
        server = socket.connect_to_server()
        self.sockets.append((socket, server))
        socket.on_message(lambda frame: self._pass(frame, server))
        server.on_message(lambda frame: self._pass(frame, socket))

    def _pass(self, frame, end):
        data = frame if isinstance(frame, bytes) else frame.encode()
        if not self.is_cut and self.lose(data):
            self.lost.append(data)
        else:
            end.send(frame)

    def cut(self):
        self.is_cut = True
        for socket, server in self.sockets:
            socket.close()
            server.close()
        self.sockets.clear()

#!/usr/bin/python3
"""Python's websockets as a server: lessons 1 and 2 echo, lesson 3 sends to all.

    websockets_server.py LESSON --port N
"""
import asyncio
import contextlib
import signal
import sys

import websockets

LESSON, PORT = int(sys.argv[1]), int(sys.argv[3])
room = set()


async def serve(socket, path=None):
    room.add(socket)
    with contextlib.suppress(websockets.ConnectionClosed):
        async for message in socket:
            if LESSON == 3:
                websockets.broadcast(room, message)
            else:
                await socket.send(message)
    room.discard(socket)


async def main():
    stop = asyncio.get_running_loop().create_future()
    for number in signal.SIGINT, signal.SIGTERM:
        asyncio.get_running_loop().add_signal_handler(number, stop.set_result, None)
    async with websockets.serve(serve, "127.0.0.1", PORT, max_size=1 << 24) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on http://127.0.0.1:{port}/", flush=True)
        await stop


asyncio.run(main())

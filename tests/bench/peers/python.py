"""python.py echo|room PORT - a server on Python's websockets, as its documentation would have it"""
import asyncio
import sys

import websockets

kind, port = sys.argv[1], int(sys.argv[2])
clients = set()


async def serve(client, *_):
    clients.add(client)
    try:
        async for message in client:
            if kind == "echo":
                await client.send(message)
            else:
                websockets.broadcast(clients, message)
    finally:
        clients.discard(client)


async def main():
    async with websockets.serve(serve, "127.0.0.1", port, compression=None, max_size=None, backlog=4096):
        print("listening", flush=True)
        await asyncio.Future()


asyncio.run(main())

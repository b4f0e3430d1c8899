"""
A member of lesson 3's room with Python's websockets: says each line of stdin as it is, and prints what
it hears as "name: text". The first line says that it is in; at the end of stdin it leaves.
"""
import asyncio
import json
import sys

import websockets


async def hear(socket):
    async for message in socket:
        said = json.loads(message)
        print(f"{said['name']}: {said['text']}", flush=True)


async def main():
    async with websockets.connect(sys.argv[1]) as socket:
        print("in", flush=True)
        hearing = asyncio.create_task(hear(socket))
        while line := await asyncio.to_thread(sys.stdin.readline):
            await socket.send(line.rstrip("\n"))
    await hearing

sys.stdin.reconfigure(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8")
asyncio.run(main())

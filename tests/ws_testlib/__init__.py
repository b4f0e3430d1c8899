"""
ws_testlib - what the tests in Python share

    waiting   waits with a bound, and says what for when it was in vain
    wire      HTTP heads and WebSocket frames as bytes, and a client that sends them as it is told
    servers   the programs under test as processes: start, ready line, log, end, what they use
    peers     clients that send for ever, read nothing, or vanish
    mutants   C source, changed in one small way at a time
    trials    what becomes of these mutants

pytest finds it by tests/conftest.py; a script that is run by hand has a line for it.
"""

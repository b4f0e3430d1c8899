"""
waiting - for what must happen, with a bound: a test waits for an event and never for a guessed time
"""
import time

PATIENCE = 30  # seconds for what must come; only a broken server is waited for so long
MOMENT = 0.05  # seconds in which what must not come would have come


def wait_until(condition, what, patience=PATIENCE):
    """Asks again until the condition holds: for what no event tells us. what: in words what is waited
    for, or a function that knows when it was in vain."""
    deadline = time.monotonic() + patience
    pause = 0.0005
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s in vain: {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(2 * pause, 0.01)

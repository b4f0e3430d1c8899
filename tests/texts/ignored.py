"""
ignored - what .gitignore names: what make builds, and what a reader makes in the tree
"""
import fnmatch

from ws_testlib.servers import ROOT

# Patterns as .gitignore has them here: with a slash before, one is meant at the top only.
PATTERNS = [line for line in (ROOT / ".gitignore").read_text().splitlines() if line and not line.startswith("#")]


def is_ignored(path):
    """Is this path, relative to the root, ignored, or a folder that it is in?"""
    return any(fnmatch.fnmatch(part, pattern.strip("/")) for place, part in enumerate(path.parts)
               for pattern in PATTERNS if place == 0 or not pattern.startswith("/"))

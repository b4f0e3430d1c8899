"""
chinese - what a program says in a Chinese locale

    LOCALE          what the environment of such a program has
    HAS_CHINESE     is any of it Chinese?
    columns()       how wide a line is on a terminal
"""
import re

LOCALE = {"LC_ALL": "zh_CN.UTF-8"}
HAS_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def columns(text):
    """A Chinese character, and so is the punctuation that goes with it, is two columns wide; § is one."""
    return sum(2 if ord(character) >= 0x2000 else 1 for character in text)

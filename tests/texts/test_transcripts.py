"""Every command in the texts is run, and every transcript compared with what comes, in two shells."""
import pytest

from document import Block, Document, is_chinese, texts
from play import not_run

# The Chinese texts have the same blocks, byte by byte: see test_siblings.py.
ENGLISH = [path for path in texts() if not is_chinese(path)]
PLAYED = [path for path in ENGLISH
          if any(block.language not in ("text", "mermaid") for block in Document(path).all(Block))]


@pytest.mark.parametrize("shell", ["bash", "dash"])
@pytest.mark.parametrize("path", PLAYED, ids=str)
def test_transcript(results, path, shell):
    wrong, count = results[path, shell].result()
    print(f"\n{path}, {shell}: " + ", ".join(f"{number} {kind}" for kind, number in count.items() if number))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("how, fragment, reason", not_run(), ids=lambda value: value[:30])
def test_what_is_not_run_is_still_there(how, fragment, reason):
    """The list of what is not run names nothing that no text says any more, and gives a reason."""
    assert how in ("block", "stub") and len(reason) > 20
    assert any(fragment in block.text for path in ENGLISH for block in Document(path).all(Block)
               if block.language == "sh"), f"no block of sh says {fragment}"

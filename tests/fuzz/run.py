#!/usr/bin/env python3
"""Runs the fuzz targets and counts.

    run.py replay DIRECTORY [TARGET...]         on the inputs that are checked in
    run.py fuzz DIRECTORY SECONDS [TARGET...]   so long each with libFuzzer, beginning with those

DIRECTORY is where the built targets are; without TARGETs it is all of them. What libFuzzer finds goes to build/fuzz/new/TARGET
(inputs that reach something new) and build/fuzz/findings (inputs that break something).
"""

import os
import re
import shutil
import subprocess
import sys

HERE = os.path.relpath(os.path.dirname(os.path.abspath(__file__)))
NEW = os.path.join("build", "fuzz", "new")
FINDINGS = os.path.join("build", "fuzz", "findings")
# libFuzzer makes inputs of at most 4096 bytes if nobody says otherwise; a head may have 8192.
LONGEST = {"http": 9000, "conn": 9000, "utf8": 1000, "log": 1000, "buffer": 800}


def targets():
    names = re.findall(r"^fuzz_(\w+)\.c$", "\n".join(sorted(os.listdir(HERE))), re.MULTILINE)
    if not names:
        sys.exit("run.py: there are no targets")
    return names


def run(command):
    """The exit status, and all that was printed."""
    done = subprocess.run(same_layout() + command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def same_layout():
    """A prefix: sanitizers may need a memory layout less random than some kernels make it."""
    layout = ["setarch", "-R"]
    if not shutil.which("setarch"):
        return []
    return layout if subprocess.run(layout + ["true"], check=False).returncode == 0 else []


def replay(program, name):
    status, text = run([program, os.path.join(HERE, "corpus", name)])
    inputs = len(re.findall(r"^(?:not )?ok ", text, re.MULTILINE))
    return (True, f"{inputs} inputs") if status == 0 else (False, without_passes(text))


def without_passes(text):
    return "\n".join(line for line in text.splitlines() if not line.startswith("ok "))


def without_progress(text):
    progress = re.compile(r"#\d+\t|INFO: |\s+#\d+ 0x")
    return "\n".join(line for line in text.splitlines() if not progress.match(line))


def number(pattern, text):
    """The last number that the pattern finds, or 0."""
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def fuzz(program, name, seconds):
    new = os.path.join(NEW, name)
    os.makedirs(new, exist_ok=True)
    os.makedirs(FINDINGS, exist_ok=True)
    command = [program, f"-max_total_time={seconds}", "-print_final_stats=1", "-timeout=20",
               f"-max_len={LONGEST.get(name, 4096)}",
               f"-artifact_prefix={FINDINGS}{os.sep}{name}-"]
    dictionary = os.path.join(HERE, name + ".dict")
    if os.path.exists(dictionary):
        command.append("-dict=" + dictionary)
    status, text = run(command + [new, os.path.join(HERE, "corpus", name)])
    if status != 0:
        return False, without_progress(text)
    runs = number(r"stat::number_of_executed_units: (\d+)", text)
    return True, (f"{runs} executions, {number(r'cov: ([0-9]+)', text)} edges covered "
                  f"({number(r'INITED cov: ([0-9]+)', text)} by the inputs it began with)")


def main():
    mode, directory, *rest = sys.argv[1:]
    seconds = rest.pop(0) if mode == "fuzz" else None
    passed = failed = 0
    for name in rest or targets():
        program = os.path.join(directory, "fuzz_" + name)
        good, text = fuzz(program, name, seconds) if mode == "fuzz" else replay(program, name)
        print("pass" if good else "FAIL", f"fuzz_{name}:", text, flush=True)
        passed += good
        failed += not good
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

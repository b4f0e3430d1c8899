#!/usr/bin/env python3
"""matrix - the grader against servers with one known mistake each

Runs wscheck against ./faulty with each mistake of `faulty --list` switched on, and prints the matrix
of mistake and check: a line for each mistake, with the checks that failed. A mistake must be found
by the check that stands beside it in the list, with the diagnosis that stands there. Without any
mistake no check may fail, betters included.

    tests/wscheck/matrix.py --wscheck ./wscheck --faulty build/plain/faulty
    tests/wscheck/matrix.py ... no-frame server-masks        only these
    tests/wscheck/matrix.py ... --csv matrix.csv             the whole matrix as a table

Exit status 0 when all are found, 1 when not.
"""
import argparse
import csv
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

LESSONS = (1, 2, 3)


class Fault(NamedTuple):
    """A line of `faulty --list`."""
    name: str
    lesson: int
    row: str        # of the table of known mistakes; 0: none of them
    check: str      # that must find it
    diagnosis: str  # that must come with it; "-": none


def list_faults(faulty):
    lines = subprocess.run([faulty, "--list"], check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in lines.splitlines()]
    return [Fault(name, int(lesson), row, check, diagnosis)
            for name, lesson, row, check, diagnosis in rows]


def grade(args, lesson, mistake=None):
    """All results of a run, by check: {"id": {"outcome": ..., ...}}."""
    server = f"{args.faulty} --lesson {lesson}" + (f" --fault {mistake}" if mistake else "")
    run = subprocess.run([args.wscheck, "--lesson", str(lesson), "--server", server, "--json", "-k",
                          "--strict", "--timeout", str(args.timeout)],
                         capture_output=True, text=True)
    if run.returncode not in (0, 1):
        sys.exit(f"wscheck ended with {run.returncode} for {server}:\n{run.stderr}")
    return {check["id"]: check for check in json.loads(run.stdout)["checks"]}


def failed(results):
    return [check for check in results.values() if check["outcome"] == "failed"]


def judge(fault, results):
    """What is wrong with how the mistake was found; None: nothing."""
    found = results.get(fault.check)
    if found is None:
        return f"there is no check {fault.check}"
    if found["outcome"] != "failed":
        return f"{fault.check} {found['outcome']}: {found.get('skipped_because', '')}"
    diagnosis = found.get("diagnosis_id", "-")
    if diagnosis != fault.diagnosis:
        return f"{fault.check} says {diagnosis}, not {fault.diagnosis}: {found['problem']}"
    return None


def print_line(fault, results, problem):
    skipped = sum(check["outcome"] == "skipped" for check in results.values())
    others = [check["id"] for check in failed(results) if check["id"] != fault.check]
    shown = ", ".join(others[:8]) + (f" and {len(others) - 8} more" if len(others) > 8 else "")
    print(f"{'MISSED' if problem else 'found ':6} {fault.row:>2}  {fault.name:22} "
          f"{fault.check:26} {fault.diagnosis:22} skips {skipped:3}  {shown}")
    if problem:
        print(f"           {problem}")
    sys.stdout.flush()


def check_good_servers(args):
    """Without a mistake nothing may fail. Returns how many lessons are not so."""
    bad = 0
    for lesson in LESSONS:
        false_alarms = failed(grade(args, lesson))
        bad += bool(false_alarms)
        for check in false_alarms:
            print(f"FALSE ALARM  lesson {lesson}: {check['id']}: {check['problem']}")
    return bad


def write_csv(path, faults, all_results):
    checks = sorted({id for results in all_results for id in results})
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["fault", *checks])
        for fault, results in zip(faults, all_results):
            table.writerow([fault.name, *(results.get(id, {}).get("outcome", "") for id in checks)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wscheck", default="./wscheck")
    parser.add_argument("--faulty", required=True)
    parser.add_argument("--timeout", type=float, default=1.0, help="of each wait, in seconds")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--csv", help="write the whole matrix here")
    parser.add_argument("names", nargs="*", help="only these mistakes")
    args = parser.parse_args()

    faults = [fault for fault in list_faults(args.faulty)
              if not args.names or fault.name in args.names]
    missed = 0 if args.names else check_good_servers(args)
    with ThreadPoolExecutor(args.jobs) as pool:
        all_results = []
        for fault, results in zip(faults, pool.map(lambda f: grade(args, f.lesson, f.name), faults)):
            problem = judge(fault, results)
            print_line(fault, results, problem)
            missed += problem is not None
            all_results.append(results)
    if args.csv:
        write_csv(args.csv, faults, all_results)
    rows = {int(fault.row) for fault in faults} - {0}
    print(f"\n{len(faults)} mistakes, {missed} not found as expected; "
          f"they cover {len(rows)} rows of the table of known mistakes")
    return 1 if missed or not faults else 0


if __name__ == "__main__":
    sys.exit(main())

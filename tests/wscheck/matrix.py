#!/usr/bin/env python3
"""matrix - the grader against servers with one known mistake each

Runs wscheck against ./faulty with each mistake of `faulty --list` switched on, and prints the matrix
of mistake and check: a line for each mistake, with the checks that failed. A mistake must be found
by the check that stands beside it in the list, with the diagnosis that stands there. Without any
mistake no check may fail, recommendations included.

    tests/wscheck/matrix.py --wscheck ./wscheck --faulty build/plain/tests/wscheck/faulty
    tests/wscheck/matrix.py ... no-frame server-masks        only these
    tests/wscheck/matrix.py ... --quick                      only the check that must find it
    tests/wscheck/matrix.py ... --csv matrix.csv             the whole matrix as a table
    tests/wscheck/matrix.py ... --tap                        for tests/run: one test a mistake

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
ROWS = 25  # of the table of known mistakes: each must have a server of its own


class Fault(NamedTuple):
    """A line of `faulty --list`; or, with the name None, the server without a mistake."""
    name: str
    lesson: int
    row: int        # of the table of known mistakes; 0: none of them
    check: str      # that must find it
    diagnosis: str  # that must come with it; "-": none


def list_faults(faulty):
    lines = subprocess.run([faulty, "--list"], check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in lines.splitlines()]
    return [Fault(name, int(lesson), int(row), check, diagnosis)
            for name, lesson, row, check, diagnosis in rows]


def grade(args, fault):
    """All results of a run, by check: {"id": {"outcome": ..., ...}}."""
    server = f"'{args.faulty}' --lesson {fault.lesson}" + \
             (f" --fault {fault.name}" if fault.name else "")
    only = ["--only", fault.check] if args.quick and fault.name and fault.check != "-" else []
    run = subprocess.run([args.wscheck, "--lesson", str(fault.lesson), "--server", server, "--json",
                          "-k", "--strict", "--timeout", str(args.timeout), *only],
                         capture_output=True, text=True)
    if run.returncode not in (0, 1) or run.stderr:  # a sanitizer's report, for instance
        sys.exit(f"wscheck ended with {run.returncode} for {server}:\n{run.stderr}")
    return {check["id"]: check for check in json.loads(run.stdout)["checks"]}


def failed(results):
    return [check for check in results.values() if check["outcome"] == "failed"]


def judge(fault, results):
    """What is wrong with how the mistake was found; None: nothing."""
    if fault.name is None:
        alarms = [f"{check['id']}: {check['problem']}" for check in failed(results)]
        return "false alarm: " + "; ".join(alarms) if alarms else None
    if fault.check == "-":  # it only looks like a mistake
        return f"false alarm: {failed(results)[0]['id']}" if failed(results) else None
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
    if fault.name is None:
        print(f"{'FALSE ALARM' if problem else 'good'}   lesson {fault.lesson} without a mistake")
    else:
        skipped = sum(check["outcome"] == "skipped" for check in results.values())
        others = [check["id"] for check in failed(results) if check["id"] != fault.check]
        shown = ", ".join(others[:8]) + (f" and {len(others) - 8} more" if len(others) > 8 else "")
        print(f"{'MISSED' if problem else 'found ':6} {fault.row:>2}  {fault.name:22} "
              f"{fault.check:26} {fault.diagnosis:22} skips {skipped:3}  {shown}")
    if problem:
        print(f"           {problem}")
    sys.stdout.flush()


def print_tap(number, fault, problem):
    name = f"{fault.name}: {fault.check} says {fault.diagnosis}" if fault.name else \
           f"lesson {fault.lesson} without a mistake passes"
    print(f"{'not ok' if problem else 'ok'} {number} - {name}")
    if problem:
        print(f"# {problem}")
    sys.stdout.flush()


def write_csv(path, faults, all_results):
    checks = sorted({id for results in all_results for id in results})
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["fault", *checks])
        for fault, results in zip(faults, all_results):
            outcomes = (results.get(id, {}).get("outcome", "") for id in checks)
            table.writerow([fault.name or f"lesson {fault.lesson}", *outcomes])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wscheck", default="./wscheck")
    parser.add_argument("--faulty", required=True)
    parser.add_argument("--timeout", type=float, default=1.0, help="of each wait, in seconds")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="only the check that must find it")
    parser.add_argument("--csv", help="write the whole matrix here")
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("names", nargs="*", help="only these mistakes")
    args = parser.parse_args()

    faults = [fault for fault in list_faults(args.faulty)
              if not args.names or fault.name in args.names]
    mistakes, rows = len(faults), {fault.row for fault in faults} - {0}
    if not args.names:
        faults = [Fault(None, lesson, 0, "", "") for lesson in LESSONS] + faults
    missed, all_results = 0, []
    with ThreadPoolExecutor(args.jobs) as pool:
        for fault, results in zip(faults, pool.map(lambda f: grade(args, f), faults)):
            problem = judge(fault, results)
            if args.tap:
                print_tap(len(all_results) + 1, fault, problem)
            else:
                print_line(fault, results, problem)
            missed += problem is not None
            all_results.append(results)
    if args.csv:
        write_csv(args.csv, faults, all_results)
    complete = bool(args.names) or len(rows) == ROWS
    if args.tap:
        print(f"{'ok' if complete else 'not ok'} {len(faults) + 1} - every known mistake has a server")
        print(f"1..{len(faults) + 1}")
    else:
        print(f"\n{mistakes} mistakes, {missed} not as expected; "
              f"they cover {len(rows)} of {ROWS} rows of the table of known mistakes")
    return 0 if mistakes and not missed and complete else 1


if __name__ == "__main__":
    sys.exit(main())

"""
What else runs on the machine while a sample is taken: a sample that was disturbed is taken again.
"""
import os
import pathlib
import resource
import statistics
import time

DISTURBED = 0.05  # of the machine: so much for others, and a sample is taken again


def machine():
    """Seconds that all CPUs together were busy and stolen so far, those that this run's own processes were
    busy, and the time."""
    busy = stolen = 0
    try:
        fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
        user, nice, system, _, _, irq, softirq, stolen = fields[:8]
        busy = user + nice + system + irq + softirq
    except (OSError, ValueError):
        pass
    own = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    tick = os.sysconf("SC_CLK_TCK")
    return (busy / tick, stolen / tick, sum(usage.ru_utime + usage.ru_stime for usage in own), time.monotonic())


def disturbance(before, after):
    """Which shares of the machine others used, and it did not get, in between."""
    busy, stolen, own, elapsed = (new - old for old, new in zip(before, after))
    whole = max(elapsed, 0.01) * os.cpu_count()
    return {"others": max(busy - own, 0) / whole, "steal": stolen / whole}


def is_disturbed(report):
    return report["others"] + report["steal"] > DISTURBED


def quietest(take, attempts):
    """Takes a sample again while it is disturbed; the one that was disturbed least counts."""
    samples = []
    while not samples or (len(samples) < attempts and all(map(is_disturbed, samples))):
        before = machine()
        report = take()
        samples.append(report | disturbance(before, machine()))
    best = min(samples, key=lambda report: report["others"] + report["steal"])
    return best | {"attempts": len(samples)}


def how_quiet(reports):
    """A sentence about all samples."""
    samples = [report for servers in reports.values() for rounds in servers.values() for report in rounds]
    others, steal = ([report[key] * 100 for report in samples] for key in ("others", "steal"))
    return (f"Besides, others used {statistics.median(others):.0f} % of the machine (at most {max(others):.0f} %), "
            f"and {statistics.median(steal):.0f} % was stolen (at most {max(steal):.0f} %); "
            f"{sum(report['attempts'] > 1 for report in samples)} of {len(samples)} samples were taken again, and "
            f"{sum(map(is_disturbed, samples))} stayed disturbed. Load average: {os.getloadavg()[0]:.1f}.")

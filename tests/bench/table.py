"""
From the reports of all rounds to a table: medians, ratios, spreads.
"""
import statistics

# What is said about each: (key of load's report, in words, how to print it)
P99 = ("p99_us", "p99, µs", "{:.0f}")
FIGURES = {
    "rtt": [("p50_us", "p50, µs", "{:.1f}"), P99, ("cpu_us", "server CPU, µs/message", "{:.1f}")],
    "echo": [("messages_s", "messages/s", "count"), P99, ("cpu_us", "server CPU, µs/message", "{:.3g}")],
    "bulk": [("MB_s", "MB/s", "{:.0f}"), P99, ("cpu_us", "server CPU, µs/message", "{:.0f}")],
    "room": [("deliveries_s", "deliveries/s", "count"), P99, ("cpu_us", "server CPU, µs/delivery", "{:.3g}")],
    "stall": [("delivered", "delivered to the others", "share"), P99,
              ("cpu_us", "server CPU, µs/delivery", "{:.3g}"),
              ("kept_mib", "memory kept for those who do not read, MiB", "MiB")],
    "connect": [("connects_s", "connections/s", "count"), P99, ("cpu_us", "server CPU, µs each", "{:.0f}")],
    "idle": [("kib", "KiB each, of the process's own", "{:.1f}"),
             ("among_ratio", "latency of one among them, to alone", "{:.2f}")],
}


def figures_of(scenario, arguments):
    for kind in ("rtt", "bulk", "stall"):
        if scenario.startswith(kind):
            return FIGURES[kind]
    return FIGURES[arguments.split()[0]]


def values_of(reports, key):
    """Of each round, or None."""
    return [report[key] if key in report and "failed" not in report else None for report in reports]


def median(reports, key):
    values = [value for value in values_of(reports, key) if value is not None]
    return statistics.median(values) if values else None


def spread(values):
    """Half of what the middle half of them spans, as a share of the median."""
    if len(values) < 4 or statistics.median(values) == 0:
        return None
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / statistics.median(values)


def count(value):
    for limit, unit in (1e6, "M"), (1e3, "k"):
        if value >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.0f}"


def figure(value, how):
    if how == "share":
        return f"{min(value, 1) * 100:.0f} %"
    if how == "MiB":
        return f"{value:.1f}"
    return count(value) if how == "count" else how.format(value)


def cell(rounds, raw_rounds, how):
    """The median, and in brackets how it stands to raw TCP's, with the spread of that."""
    known = [value for value in rounds if value is not None]
    if not known:
        return ""
    text, compared, form = figure(statistics.median(known), how), known, "{} ±{:.0f} %"
    if raw_rounds and how not in ("share", "MiB"):
        ratios = [value / base for value, base in zip(rounds, raw_rounds) if value is not None and base]
        if ratios:
            text, compared = f"{text} ({statistics.median(ratios):.2f}", ratios
            form = "{} ±{:.0f} %)" if spread(ratios) is not None else "{})"
    width = spread(compared)
    return form.format(text, (width or 0) * 100) if width is not None or form == "{})" else text


def table(reports, scenarios):
    """Markdown: absolute figures, and in brackets how they stand to raw TCP's."""
    names = list(dict.fromkeys(name for servers in reports.values() for name in servers))
    lines = ["| scenario | figure | " + " | ".join(names) + " |", "| --- " * (len(names) + 2) + "|"]
    for scenario, servers in reports.items():
        for key, words, how in figures_of(scenario, scenarios[scenario][1]):
            raw = values_of(servers.get("raw", []), key)
            row = [cell(values_of(servers.get(name, []), key), raw if name != "raw" else None, how) for name in names]
            if any(row):
                lines.append(f"| {scenario} | {words} | " + " | ".join(row) + " |")
    return "\n".join(lines)

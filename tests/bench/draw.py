#!/usr/bin/env python3
"""
tests/bench/draw.py curves.json curves.svg - draws what `bench.py --curves` has measured

Four panels, both axes logarithmic. The picture has no background of its own and takes darker or
lighter colours as the reader's system asks for.
"""
import json
import math
import pathlib
import sys

WIDTH, HEIGHT = 420, 260  # of a panel, with its margins
LEFT, RIGHT, TOP, BOTTOM = 58, 20, 34, 42

# title, what is on the axes, [(walk, server, class, words)], key of the figure, how far up the legend is
PANELS = [
    ("Echo: 128 bytes, one client or thousands", "clients", "messages a second",
     [("clients", "raw", "raw", "raw TCP, one in flight"), ("clients", "lesson", "ours", "lesson 2"),
      ("pipelined", "raw", "raw dashed", "raw TCP, 64 in flight"), ("pipelined", "lesson", "ours dashed", "lesson 2")],
     "messages_s", 60),
    ("Echo: 4 clients, messages of every size", "bytes a message", "MB a second",
     [("size", "raw", "raw", "raw TCP"), ("size", "lesson", "ours", "lesson 2")], "MB_s"),
    ("Room: one speaks, all hear", "receivers", "deliveries a second",
     [("receivers", "raw", "raw", "raw TCP"), ("receivers", "raw+", "plus", "raw TCP, gathering"),
      ("receivers", "lesson", "ours", "lesson 3")], "deliveries_s"),
    ("Room: everyone speaks, all hear", "clients", "deliveries a second",
     [("everyone", "raw", "raw", "raw TCP"), ("everyone", "raw+", "plus", "raw TCP, gathering"),
      ("everyone", "lesson", "ours", "lesson 3")], "deliveries_s"),
]

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 13px }
.grid { stroke: #8884; fill: none }
.line { fill: none; stroke-width: 2 }
.dashed { stroke-dasharray: 5 4 }
.raw { stroke: #6e7781 } .plus { stroke: #bc6c00 } .ours { stroke: #0a6ed1 }
circle.raw { fill: #6e7781 } circle.plus { fill: #bc6c00 } circle.ours { fill: #0a6ed1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .raw { stroke: #9da7b1 } .plus { stroke: #e8a33d } .ours { stroke: #58a6ff }
  circle.raw { fill: #9da7b1 } circle.plus { fill: #e8a33d } circle.ours { fill: #58a6ff }
}
"""


def words(value):
    """1000 → 1k, 1024 → 1Ki"""
    for limit, unit in (2**20, "Mi"), (2**10, "Ki"):
        if value % limit == 0:
            return f"{value // limit}{unit}"
    for limit, unit in (1e6, "M"), (1e3, "k"):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


class Panel:
    """Where a value lies."""

    def __init__(self, x_min, x_max, y_min, y_max):
        self.x_range = math.log10(x_min), math.log10(x_max)
        self.y_range = math.floor(math.log10(y_min)), math.ceil(math.log10(y_max))

    def x(self, value):
        low, high = self.x_range
        return LEFT + (math.log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        low, high = self.y_range
        return HEIGHT - BOTTOM - (math.log10(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)


def draw_panel(points, title, x_words, y_words, lines, key, lift=0):
    curves = []
    for walk, server, style, name in lines:
        found = points.get(walk, {}).get(server, {})
        curve = sorted((int(at), point[key]) for at, point in found.items() if point.get(key))
        if curve:
            curves.append((style, name, curve))
    if not curves:
        return ""
    xs = [x for _, _, curve in curves for x, _ in curve]
    ys = [y for _, _, curve in curves for _, y in curve]
    panel = Panel(min(xs), max(xs), min(ys), max(ys))
    out = [f'<text class="title" x="{LEFT}" y="14">{title}</text>',
           f'<text x="{LEFT}" y="{TOP - 5}">{y_words}</text>',
           f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{x_words}</text>']
    for power in range(panel.y_range[0], panel.y_range[1] + 1):
        y = panel.y(10 ** power)
        out.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words(10 ** power)}</text>')
    for value in sorted(set(xs)):
        out.append(f'<text x="{panel.x(value):.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">'
                   f'{words(value)}</text>')
    for number, (style, name, curve) in enumerate(curves):
        path = "L".join(f"{panel.x(x):.1f} {panel.y(y):.1f}" for x, y in curve)
        out.append(f'<path class="line {style}" d="M{path}"/>')
        dot = style.split()[0]
        out += [f'<circle class="{dot}" cx="{panel.x(x):.1f}" cy="{panel.y(y):.1f}" r="2.5"/>' for x, y in curve]
        y = HEIGHT - BOTTOM - 8 - lift - 16 * (len(curves) - 1 - number)
        out.append(f'<path class="line {style}" d="M{WIDTH - 170} {y - 4}h24"/><text x="{WIDTH - 140}" y="{y}">{name}</text>')
    return "\n".join(out)


def main(source, target):
    points = json.loads(pathlib.Path(source).read_text())
    parts = []
    for number, panel in enumerate(PANELS):
        x, y = number % 2 * WIDTH, number // 2 * HEIGHT
        parts.append(f'<g transform="translate({x} {y})">\n{draw_panel(points, *panel)}\n</g>')
    size = f'width="{2 * WIDTH}" height="{2 * HEIGHT}" viewBox="0 0 {2 * WIDTH} {2 * HEIGHT}"'
    pathlib.Path(target).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>How cost grows</title>\n'
        f'<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])

"""Plots in SVG, drawn by gnuplot: a median as a point, its spread as an error bar."""
import shutil
import subprocess
import sys

COLOURS = ("#1b6ca8", "#d1495b", "#66a182", "#edae49", "#6a4c93", "#555555")
HEAD = """set terminal svg size 800,420 dynamic background rgb 'white' font 'sans-serif,13'
set output '{path}'
set title {title}
set grid ytics lt 1 lw 0.7 lc rgb '#d0d0d0'
set border 3 lc rgb '#555555'
set tics nomirror
"""


def dots(path, title, across, points):
    """points: [(label, spread)], from top to bottom on a logarithmic scale; spread as of measured.spread."""
    rows = "\n".join(f"{len(points) - i} {s['median']:.6g} {s['least']:.6g} {s['greatest']:.6g} {s['median']:.3g}"
                     for i, (_, s) in enumerate(points))
    ticks = ", ".join(f"{_quoted(label)} {len(points) - i}" for i, (label, _) in enumerate(points))
    least, greatest = min(s["least"] for _, s in points), max(s["greatest"] for _, s in points)
    return _draw(path, title, f"""$points << END
{rows}
END
set logscale x
set xrange [{least / 2:.6g}:{greatest * 2:.6g}]
set yrange [0.3:{len(points) + 0.9}]
set ytics ({ticks})
set grid xtics ytics
set xlabel {_quoted(across)}
plot $points using 2:1:3:4 with xerrorbars pt 7 ps 0.8 lw 1.5 lc rgb '{COLOURS[0]}' notitle, \\
     $points using 2:1:5 with labels offset 0,0.9 font ',11' notitle
""")


def lines(path, title, across, up, series):
    """series: {name: [(x, spread)]}, x on a logarithmic scale."""
    blocks, drawn = [], []
    for i, (name, points) in enumerate(series.items()):
        rows = "\n".join(f"{x} {s['median']:.6g} {s['least']:.6g} {s['greatest']:.6g}" for x, s in points)
        blocks.append(f"$series{i} << END\n{rows}\nEND")
        colour = COLOURS[i % len(COLOURS)]
        drawn.append(f"$series{i} using 1:2:3:4 with yerrorlines pt 7 ps 0.6 lw 1.5 lc rgb '{colour}' "
                     f"title {_quoted(name)}")
    places = sorted({x for points in series.values() for x, _ in points})
    ticks = ", ".join(f"{_quoted(str(x))} {x}" for x in places)
    data = "\n".join(blocks)
    return _draw(path, title, f"""{data}
set logscale x 2
set xrange [{min(places) / 1.2}:{max(places) * 1.2}]
set xtics ({ticks})
set yrange [0:*]
set key outside right top
set xlabel {_quoted(across)}
set ylabel {_quoted(up)}
plot {", ".join(drawn)}
""")


def _draw(path, title, script):
    """Whether there is a plot now: without gnuplot there is none, and that is said."""
    if not shutil.which("gnuplot"):
        print(f"{path.name} is not drawn: gnuplot is missing: apt-get install gnuplot-nox", file=sys.stderr)
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    head = HEAD.format(path=path, title=_quoted(title))
    subprocess.run(["gnuplot"], input=head + script, text=True, check=True)
    return True


def _quoted(text):
    """For gnuplot, with nothing in it that its texts take for markup."""
    plain = "".join(character for character in text if character not in "'\"\\_^{}@&~")
    return f"'{plain}'"

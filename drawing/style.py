"""The style of pages and plots: one set of colours for light, one for dark, and light ones for paper."""

_LIGHT = """
  --paper: #ffffff; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --shade: #f0f2f5;
  --first: #2f6db5; --second: #d97a1e; --stop: #c2372c; --work: #7a5ab8;
"""
_DARK = """
  --paper: #15181c; --ink: #e6e9ec; --quiet: #9aa4ae; --line: #3a424a; --shade: #20252b;
  --first: #6aa5e8; --second: #f0a04b; --stop: #f2766b; --work: #b39ae6;
"""

COLOURS = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
@media print {{ :root {{ color-scheme: light; {_LIGHT} }} }}
"""

PLOTS = """
svg text { font: 12px system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }
svg text.quiet { fill: var(--quiet); }
svg .rule { stroke: var(--line); stroke-width: 1; fill: none; }
svg .shade { fill: var(--shade); }
svg .paper { fill: var(--paper); }
svg .first { fill: var(--first); } svg .second { fill: var(--second); }
svg .notice { fill: var(--first); stroke: var(--first); }
svg .task { fill: var(--work); stroke: var(--work); }
svg .suspend { fill: var(--stop); stroke: var(--stop); }
svg .hollow { fill: var(--paper); stroke-width: 1.5; }
svg .moved { fill: none; stroke-width: 1.5; stroke-dasharray: 2 3; }
"""

PAGE = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem; }
p { margin: .5rem 0; max-width: 46rem; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.note { border-left: 3px solid var(--line); padding-left: .75rem; }
.key { display: inline-block; width: .75em; height: .75em; border-radius: 2px; margin-right: .4em; }
.key.first { background: var(--first); } .key.second { background: var(--second); }
.legend > span { display: inline-block; margin-right: 1.5rem; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .2rem 0 .2rem .6rem; border-bottom: 1px solid var(--line); }
th { font-weight: normal; overflow-wrap: break-word; vertical-align: bottom; }
th:first-child { text-align: left; padding-left: 0; width: 42%; }
thead th { color: var(--quiet); }
.table + .table { margin-top: 1.25rem; }
figure { margin: .5rem 0 1rem; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 34rem; height: auto; }
@page { margin: 15mm; }
@media print {
  main { max-width: none; padding: 0; }
  figure svg { min-width: 0; }
  section, figure, tr { break-inside: avoid; }
  .key, svg * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""

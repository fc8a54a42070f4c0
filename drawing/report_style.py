"""What pages of reports have besides the common style: figures of the day, ages in colours, wide tables."""

_AGES_LIGHT = "--age0: #2f6db5; --age1: #e8b04a; --age2: #dd8430; --age3: #c85a2b; --age4: #a32a2a;"
_AGES_DARK = "--age0: #6aa5e8; --age1: #f2c76e; --age2: #f0a04b; --age3: #ea7d4d; --age4: #e0584f;"
_ON_LIGHT = "--on0: #ffffff; --on1: #1f2328; --on2: #1f2328; --on3: #ffffff; --on4: #ffffff; --rest: #a8b3bd;"
_ON_DARK = "--on0: #10151b; --on1: #10151b; --on2: #10151b; --on3: #10151b; --on4: #10151b; --rest: #5d6873;"

_CLASSES = "".join(
    f"svg .age{n} {{ fill: var(--age{n}); }} .key.age{n} {{ background: var(--age{n}); }}"
    f" svg text.age{n}-on {{ fill: var(--on{n}); font-weight: 600; }}\n"
    for n in range(5)
)
_LINES = "".join(
    f"svg .{name}-line {{ stroke: var(--{name}); }} .key.{name} {{ background: var(--{name}); }}\n"
    for name in ("first", "second", "work", "stop", "rest")
)

REPORTS = f"""
:root {{ {_AGES_LIGHT} {_ON_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_AGES_DARK} {_ON_DARK} }} }}
@media print {{ :root {{ {_AGES_LIGHT} {_ON_LIGHT} }} }}
{_CLASSES}{_LINES}
svg .line {{ fill: none; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }}
svg rect.work {{ stroke: none; }} svg rect.stop {{ fill: var(--stop); stroke: none; }}
svg .work {{ fill: var(--work); }} svg .rest {{ fill: var(--rest); }} svg .stop {{ fill: var(--stop); }}
svg circle {{ stroke: var(--paper); stroke-width: 1.5; }}
main {{ max-width: 68rem; }}
h3 {{ font-size: .95rem; margin: 1.25rem 0 .25rem; }}
.small {{ font-size: .85rem; }}
.tiles {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; margin: 1.25rem 0 0; }}
.tile {{ border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem .7rem;
  break-inside: avoid; }}
.tile .name {{ color: var(--quiet); font-size: .8rem; }}
.tile .figure {{ font-size: 1.3rem; font-weight: 600; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }}
.tile .below {{ color: var(--quiet); font-size: .8rem; font-variant-numeric: tabular-nums; }}
.legend {{ margin: .25rem 0; font-size: .85rem; max-width: none; }}
.scroll {{ overflow-x: auto; }}
.scroll table {{ table-layout: auto; font-size: .85rem; }}
.scroll th, .scroll td {{ white-space: nowrap; padding: .2rem 0 .2rem .9rem; }}
.scroll th:first-child, .scroll td:first-child {{ width: auto; padding-left: 0; }}
.scroll th.words, .scroll td.words {{ text-align: left; }}
.scroll td.words:last-child {{ white-space: normal; min-width: 14rem; }}
.scroll tr.sum td {{ font-weight: 600; border-top: 1px solid var(--ink); }}
@media (max-width: 36rem) {{ .tiles {{ grid-template-columns: repeat(2, 1fr); }} }}
@media print {{
  @page {{ size: A4; margin: 14mm; }}
  body {{ font-size: 10pt; }}
  h2 {{ break-after: avoid; margin-top: 1.4rem; }}
  .tiles {{ grid-template-columns: repeat(3, 1fr); }}
  section.report {{ break-inside: auto; }}
  .scroll {{ overflow: visible; }}
  .small, .legend {{ font-size: 8pt; }}
  .scroll table {{ font-size: 7pt; }}
  .scroll th, .scroll td {{ padding: .12rem 0 .12rem .45rem; }}
  thead {{ display: table-header-group; }}
}}
"""

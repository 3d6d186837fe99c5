/**
 * The report's style sheet. Colours are Okabe and Ito's set, which people with any kind of colour
 * vision tell apart, darkened or lightened until text in them has a contrast of 4.5 : 1. Paper is
 * always light.
 */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --page: #fdfcfa; --panel: #ffffff; --ink: #1d2125; --quiet: #5a626b; --rule: #dcd8d0; --faint: #efece6;
  --baseline: #5f6770; --zeroShot: #0067a3; --verification: #9b4379; --fineTuned: #b34700; --ceiling: #00734f;
  --emphasis: #fdf1e7;
  --s0: #0067a3; --s1: #c25000; --s2: #00805a; --s3: #9b4379; --s4: #7a6a00;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #15181b; --panel: #1c2024; --ink: #e9e7e2; --quiet: #a2aab2; --rule: #363c42; --faint: #262b30;
    --baseline: #a7afb7; --zeroShot: #62b8ea; --verification: #e3a0c8; --fineTuned: #f59a4f; --ceiling: #44c99c;
    --emphasis: #33261a;
    --s0: #62b8ea; --s1: #f59a4f; --s2: #44c99c; --s3: #e3a0c8; --s4: #e0d04a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink); counter-reset: figure table;
  font: 16px/1.55 Charter, "Bitstream Charter", "Iowan Old Style", Cambria, Georgia, serif;
}
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 clamp(16px, 4vw, 40px); }
header { padding-top: clamp(28px, 6vw, 64px); }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; font-weight: 600; }
h1 { font-size: clamp(1.75rem, 4.6vw, 2.75rem); margin: .3em 0 .5em; max-width: 24ch; letter-spacing: -.01em; }
h2 { font-size: 1.5rem; margin: 3.2rem 0 .6rem; padding-top: 1rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1.12rem; margin: 2rem 0 .5rem; }
p, li, .lede { max-width: 68ch; }
.lede { font-size: 1.18rem; }
small, .eyebrow, .facts, table, figcaption, .label, .legend, .tiles, nav, .card-title, .facet h3, footer, svg text {
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
.eyebrow { color: var(--quiet); font-size: .82rem; letter-spacing: .04em; margin: 0; }
.range { color: var(--quiet); white-space: nowrap; font-variant-numeric: tabular-nums; }
.baseline { color: var(--baseline); } .zeroShot { color: var(--zeroShot); }
.verification { color: var(--verification); } .fineTuned { color: var(--fineTuned); } .ceiling { color: var(--ceiling); }
nav { font-size: .88rem; margin: 1.6rem 0 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
a { color: var(--zeroShot); text-underline-offset: .18em; }

.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1.4rem 0 0; font-size: .88rem; }
.facts div { min-width: 0; } .facts dt { color: var(--quiet); font-size: .76rem; } .facts dd { margin: 0; overflow-wrap: anywhere; }
code { font: .92em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.tiles { list-style: none; padding: 0; margin: 2rem 0; display: grid; gap: 1px; background: var(--rule); border: 1px solid var(--rule);
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 215px), 1fr)); }
.tiles li { background: var(--panel); padding: 1rem 1.1rem; max-width: none; }
.tiles b { display: block; font-size: 1.9rem; line-height: 1.15; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--quiet); font-size: .84rem; line-height: 1.4; display: block; margin-top: .3rem; }
.notes { border-left: 3px solid var(--rule); padding: .1rem 0 .1rem 1.2rem; margin: 1.6rem 0; }
.notes h2 { border: 0; padding: 0; margin: 0 0 .3rem; font-size: 1rem; }
.notes ul { padding-left: 1.1rem; margin: .2rem 0; }

figure { margin: 1.4rem 0 2rem; }
figcaption, caption { color: var(--quiet); font-size: .86rem; line-height: 1.45; text-align: left; }
figcaption { margin-top: .7rem; max-width: 84ch; }
figcaption::before, caption::before { color: var(--ink); font-weight: 600; }
figcaption::before { counter-increment: figure; content: "Figure " counter(figure) ". "; }
caption::before { counter-increment: table; content: "Table " counter(table) ". "; }
caption { padding-bottom: .6rem; }

.scroll { overflow-x: auto; margin: 1.4rem 0 2rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .5rem .7rem; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child { text-align: left; padding-left: .5rem; white-space: normal; }
thead th { color: var(--quiet); font-weight: 500; font-size: .8rem; border-bottom: 1.5px solid var(--ink); vertical-align: bottom; }
thead th { border-top: 1.5px solid var(--ink); }
tbody th { font-weight: 500; } tbody tr:last-child > * { border-bottom: 1.5px solid var(--ink); }
th small, td small { display: block; font-weight: 400; font-size: .76rem; line-height: 1.35; color: var(--quiet); }
th small { max-width: 46ch; }
tr.best > * { background: var(--emphasis); font-weight: 650; }
tr.best small { font-weight: 400; }
tfoot th, tfoot td { color: var(--quiet); font-weight: 400; font-style: italic; border: 0; padding-block: .3rem; font-size: .84rem; }
.bar { width: 100%; min-width: 90px; height: 10px; display: block; } .bar rect { fill: var(--zeroShot); }
.pair { display: grid; gap: 0 3rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); align-items: start; }

.facets { display: grid; gap: 1.2rem 1.4rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 240px), 1fr)); }
.facet h3 { margin: 0 0 .2rem; font-size: .92rem; }
.charts { display: grid; gap: 1.4rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 310px), 1fr)); }
.chart { max-width: 560px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; padding: 0; margin: 0 0 .3rem; font-size: .84rem; }
.legend b { font-weight: 600; font-variant-numeric: tabular-nums; } .legend svg { vertical-align: .12em; margin-right: .2rem; }
.plot { display: block; width: 100%; height: auto; overflow: visible; }
.plot text { font-size: 12px; fill: var(--ink); font-variant-numeric: tabular-nums; }
.plot .tick, .plot .axis-name { font-size: 11px; fill: var(--quiet); }
.plot .kept { paint-order: stroke; stroke: var(--page); stroke-width: 4px; }
.plot .end { text-anchor: end; } .plot .middle { text-anchor: middle; } .plot .strong { font-weight: 700; }
.grid { stroke: var(--faint); fill: none; } .axis { stroke: var(--quiet); fill: none; stroke-width: 1; }
.selected { stroke: var(--quiet); stroke-dasharray: 4 3; fill: none; }
.interval { stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; opacity: .75; } .marker { fill: currentColor; stroke: var(--page); stroke-width: 1; }
.line { fill: none; stroke-width: 1.7; stroke-linejoin: round; }
.line.s0 { stroke: var(--s0); } .line.s1 { stroke: var(--s1); stroke-dasharray: 7 3; } .line.s2 { stroke: var(--s2); stroke-dasharray: 2 3; }
.line.s3 { stroke: var(--s3); stroke-dasharray: 9 3 2 3; } .line.s4 { stroke: var(--s4); stroke-dasharray: 12 4; }
.dot.s0 { fill: var(--s0); } .dot.s1 { fill: var(--s1); } .dot.s2 { fill: var(--s2); } .dot.s3 { fill: var(--s3); } .dot.s4 { fill: var(--s4); }

img { display: block; width: 100%; height: auto; background: #fff; }
.pixel-art { image-rendering: pixelated; }
.label { font-size: .82rem; color: var(--quiet); line-height: 1.4; }
.label b, .label .score { color: var(--ink); } .label b.zeroShot { color: var(--zeroShot); } .label b.fineTuned { color: var(--fineTuned); }
.picture { min-width: 0; } .picture img { border: 1px solid var(--rule); } .picture .label { display: block; margin-top: .3rem; }
.scenes { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); }
.candidates { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
.card { background: var(--panel); border: 1px solid var(--rule); padding: .6rem .7rem .7rem; min-width: 0; }
.card.chosen { border-color: var(--fineTuned); box-shadow: inset 0 0 0 1px var(--fineTuned); background: var(--emphasis); }
.card-title { display: flex; justify-content: space-between; gap: 1rem; margin: 0 0 .4rem; font-size: .86rem; max-width: none; }
.card-title b { font-variant-numeric: tabular-nums; white-space: nowrap; } .chosen .card-title b { color: var(--fineTuned); }
.frames { display: grid; grid-template-columns: 4.4rem 1fr; align-items: center; gap: .5rem; margin-top: .35rem; }
.card .frames { grid-template-columns: 3rem 1fr; }
.comparison { max-width: 860px; }
.outcomes { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 190px), 1fr)); margin-bottom: 1rem; }
.outcome small { display: block; }
.label .score { display: inline-block; min-width: 1.6rem; padding: 0 .45rem; border-radius: 999px; text-align: center; border: 1px solid currentColor; }
.score-full { background: var(--ceiling); color: var(--page) !important; } .score-none { color: var(--quiet) !important; }
footer { color: var(--quiet); font-size: .82rem; padding-block: 3rem; }

@media (max-width: 560px) {
  th, td { padding-inline: .35rem; } tbody th small { display: none; } .frames, .card .frames { grid-template-columns: 1fr; gap: .1rem; }
  .scenes { grid-template-columns: 1fr; } .outcomes { grid-template-columns: 1fr 1fr; }
}
@media print {
  @page { margin: 16mm 14mm; }
  body { font-size: 10.5pt; background: #fff; } nav { display: none; } h2 { break-after: avoid; } h3 { break-after: avoid; }
  figure, table, .card, .tiles li { break-inside: avoid; } .scroll { overflow: visible; }
  main, header, footer { max-width: none; padding: 0; } a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

/** The style of all pages, light and dark. */
export const style = `
:root {
  --ground: #f6f7f9; --surface: #ffffff; --line: #dfe3e8; --text: #1a2129; --muted: #5b6672;
  --accent: #2457c5; --autonomous: #3b6fd8; --collaborative: #c2621b; --track: #e6e9ee;
  --good: #1d7a46; --warn: #9a5b00; --bad: #b3261e; --good-bg: #e3f4ea; --warn-bg: #fdf0d9; --bad-bg: #fbe5e3;
  --code: #eef1f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151a; --surface: #1a2027; --line: #2d3640; --text: #e6eaef; --muted: #9aa6b2;
    --accent: #8ab0ff; --autonomous: #6f9bf5; --collaborative: #e8945a; --track: #2a323b;
    --good: #6fd39b; --warn: #f0bd6a; --bad: #ff8f86; --good-bg: #16301f; --warn-bg: #372a12; --bad-bg: #3c1d1b;
    --code: #222a33;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
a { color: var(--accent); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0 0 .75rem; }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
.top { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; padding: .75rem 1.25rem; background: var(--surface); border-bottom: 1px solid var(--line); }
.top nav { display: flex; gap: 1rem; }
.top nav a { text-decoration: none; color: var(--muted); padding-bottom: 1px; }
.top nav a[aria-current] { color: var(--text); border-bottom: 2px solid var(--accent); }
.top .aside { margin-left: auto; color: var(--muted); font-size: .875rem; }
.muted, .muted a { color: var(--muted); }
.small { font-size: .875rem; }
.nowrap { white-space: nowrap; }
section { margin-top: 2rem; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; min-width: 0; }
.card .figure { display: flex; justify-content: space-between; align-items: baseline; gap: .5rem; margin-bottom: .5rem; }
.card .figure b { font-size: 1.5rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.card p { margin: .5rem 0 0; }
.tiles { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 0; }
.tiles div { min-width: 7rem; }
.tiles dt { color: var(--muted); font-size: .875rem; }
.tiles dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
svg.bar { display: block; width: 100%; height: .75rem; border-radius: .375rem; background: var(--track); }
svg.bar.thin { height: .5rem; min-width: 6rem; margin-top: .5rem; }
.fill-autonomous { fill: var(--autonomous); } .fill-collaborative { fill: var(--collaborative); }
.fill-good { fill: var(--good); } .fill-warn { fill: var(--warn); } .fill-bad { fill: var(--bad); } .fill-mark { fill: var(--text); }
.legend { margin-top: .5rem; }
.key::before { content: ""; display: inline-block; width: .65em; height: .65em; border-radius: 2px; margin-right: .4em; background: currentColor; }
.key.autonomous::before { background: var(--autonomous); } .key.collaborative::before { background: var(--collaborative); }
.badge { display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .8125rem; line-height: 1.5rem; white-space: nowrap; background: var(--track); color: var(--text); }
.badge.good { background: var(--good-bg); color: var(--good); } .badge.warn { background: var(--warn-bg); color: var(--warn); } .badge.bad { background: var(--bad-bg); color: var(--bad); }
.notice { border-left: 4px solid var(--line); background: var(--surface); padding: .6rem 1rem; margin: 0 0 .5rem; border-radius: 0 .375rem .375rem 0; overflow-wrap: anywhere; }
.notice.bad { border-color: var(--bad); } .notice.warn { border-color: var(--warn); }
.scroll { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .6rem .9rem; border-bottom: 1px solid var(--line); }
tbody tr:last-child td { border-bottom: 0; }
th { font-weight: 600; font-size: .8125rem; color: var(--muted); white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { font-weight: 600; overflow-wrap: anywhere; min-width: 9rem; max-width: 18rem; }
td.name .badge { font-weight: 400; }
td.name small { display: block; font-weight: 400; color: var(--muted); }
.empty { color: var(--muted); background: var(--surface); border: 1px dashed var(--line); border-radius: .5rem; padding: 1.25rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
code { background: var(--code); padding: .1em .3em; border-radius: .25rem; overflow-wrap: anywhere; }
pre { background: var(--code); padding: .75rem 1rem; border-radius: .375rem; overflow-x: auto; margin: 0 0 .75rem; line-height: 1.45; }
pre code { background: none; padding: 0; }
.prose { max-width: 46rem; }
.route { background: var(--surface); border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.25rem; margin: 0 0 1rem; }
.route h3 { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; overflow-wrap: anywhere; }
.route h3 code { background: none; padding: 0; font-size: .95rem; }
.route h3 a { color: inherit; text-decoration: none; }
.route h4 { margin: 1rem 0 .4rem; font-size: .8125rem; color: var(--muted); font-weight: 600; }
.method { font: 600 .75rem/1.4rem ui-monospace, Menlo, Consolas, monospace; padding: 0 .45rem; border-radius: .25rem; background: var(--good-bg); color: var(--good); }
.method.post { background: var(--warn-bg); color: var(--warn); }
.fields { width: 100%; font-size: .9375rem; }
.fields td, .fields th { padding: .35rem .75rem .35rem 0; }
.fields td:first-child { white-space: nowrap; }
.search { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 1rem 0; }
.search input { flex: 1 1 12rem; max-width: 30rem; font: inherit; padding: .4rem .6rem; color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: .375rem; }
.sign-in { display: grid; gap: .5rem; max-width: 30rem; margin: 1rem 0; }
.sign-in input { font: inherit; padding: .4rem .6rem; color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: .375rem; }
.sign-in button { justify-self: start; font: inherit; padding: .4rem 1rem; color: var(--surface); background: var(--accent); border: 0; border-radius: .375rem; cursor: pointer; }
.sign-out { display: inline; }
.sign-out button { font: inherit; padding: 0; color: var(--accent); background: none; border: 0; text-decoration: underline; cursor: pointer; }
.contents { columns: 2 18rem; padding-left: 1.1rem; margin: 0; }
.contents li { break-inside: avoid; overflow-wrap: anywhere; }
:target { outline: 2px solid var(--accent); outline-offset: 4px; border-radius: .25rem; }
@media (max-width: 44rem) {
  main { padding: 1rem .75rem 3rem; }
  .top { padding: .6rem .75rem; }
  .top .aside { margin-left: 0; width: 100%; }
  .route { padding: .75rem; }
  .fields tbody, .fields tr, .fields td { display: block; }
  .fields tr { padding: .4rem 0; border-bottom: 1px solid var(--line); }
  .fields td, .fields td:first-child { padding: 0; border: 0; white-space: normal; overflow-wrap: anywhere; }
  .stack, .stack tbody, .stack tr, .stack td { display: block; width: 100%; }
  .stack thead { display: none; }
  .stack tr { padding: .6rem .9rem; border-bottom: 1px solid var(--line); }
  .stack tbody tr:last-child { border-bottom: 0; }
  .stack td.name { max-width: none; }
  .stack td, .stack td.number { border: 0; padding: .15rem 0; text-align: left; white-space: normal; }
  .stack td[data-label] { display: grid; grid-template-columns: 7.5rem 1fr; gap: .5rem; }
  .stack td[data-label]::before { content: attr(data-label); color: var(--muted); font-size: .875rem; }
}
`;

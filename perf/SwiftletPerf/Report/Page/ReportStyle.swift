// SPDX-License-Identifier: Apache-2.0

/// How reports look.
enum ReportStyle {
  static let css = """
    :root {
      --paper: #fff; --card: #f7f8fa; --ink: #16191d; --soft: #545b64; --line: #dfe3e8;
      --good: #0d6b50; --warn: #8a5300; --bad: #b3141f; --bad-paper: #fdecec; --link: #1d5fb4;
    }
    @media screen and (prefers-color-scheme: dark) {
      :root {
        --paper: #14171b; --card: #1c2026; --ink: #e8eaed; --soft: #a4acb6; --line: #323840;
        --good: #5fd0a8; --warn: #efb45a; --bad: #ff8a8a; --bad-paper: #3a1c20; --link: #8bb8f5;
      }
    }
    * { box-sizing: border-box; }
    html { color-scheme: light dark; -webkit-text-size-adjust: 100%; }
    body {
      margin: 0 auto; padding: 0 1rem 4rem; max-width: 76rem; background: var(--paper);
      color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
    }
    .top { padding: 1rem 0 .75rem; border-bottom: 1px solid var(--line); color: var(--soft); }
    .brand { font-weight: 650; color: var(--ink); }
    h1 { margin: 2rem 0 .25rem; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
    h2 {
      margin: 3rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line);
      font-size: 1.3rem; line-height: 1.3; overflow-wrap: anywhere;
    }
    h3 { margin: 0; font-size: 1rem; line-height: 1.35; overflow-wrap: anywhere; }
    a { color: var(--link); }
    p { margin: .25rem 0; }
    .lead { color: var(--soft); overflow-wrap: anywhere; }
    nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
    nav a { overflow-wrap: anywhere; }
    .judgements { display: grid; gap: .5rem; margin: 1rem 0; padding: 0; list-style: none; }
    .judgements li {
      padding: .5rem .85rem; border-left: 4px solid var(--line); border-radius: 4px;
      background: var(--card); overflow-wrap: anywhere;
    }
    .judgements b::after { content: ":"; }
    .judgements .good { border-color: var(--good); color: var(--good); }
    .judgements .warn { border-color: var(--warn); color: var(--warn); }
    .judgements .bad {
      border-color: var(--bad); background: var(--bad-paper); color: var(--bad); font-weight: 650;
    }
    .note {
      margin: .75rem 0; padding: .5rem .85rem; border-left: 4px solid var(--warn);
      border-radius: 4px; background: var(--card); overflow-wrap: anywhere;
    }
    .note ul, .origin ul { margin: 0; padding-left: 1.1rem; }
    .table { margin: 1rem 0; overflow-x: auto; }
    .table:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
    th, td {
      padding: .35rem .75rem; border-bottom: 1px solid var(--line); text-align: right;
      white-space: nowrap;
    }
    thead th { color: var(--soft); font-size: .85rem; font-weight: 500; }
    tbody th { font-weight: 500; }
    th:first-child { padding-left: 0; text-align: left; white-space: normal; overflow-wrap: break-word; }
    .origin, .figures { margin: 1.25rem 0; font-size: .9rem; }
    .origin div { display: grid; grid-template-columns: 8rem 1fr; gap: .75rem; padding: .15rem 0; }
    dt { color: var(--soft); }
    dd { margin: 0; overflow-wrap: anywhere; }
    code { font: .95em/1.4 ui-monospace, SFMono-Regular, Menlo, monospace; }
    .figures { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
    .figures div { padding: .45rem .7rem; border-radius: 6px; background: var(--card); }
    .figures dd { font-size: 1.05rem; font-variant-numeric: tabular-nums; }
    .plots {
      display: grid; gap: 2rem 2.5rem; margin: 1.5rem 0;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr));
    }
    figure { margin: 0; min-width: 0; max-width: 44rem; break-inside: avoid; }
    figcaption p, summary { color: var(--soft); font-size: .85rem; }
    summary { cursor: pointer; width: max-content; }
    svg { display: block; width: 100%; height: auto; margin-top: .5rem; }
    svg text { fill: var(--soft); }
    svg .grid { stroke: var(--line); }
    .narrow { display: none; }
    @media (max-width: 31rem) {
      .wide { display: none; }
      .narrow { display: block; }
      h1 { font-size: 1.6rem; }
      .origin div { grid-template-columns: 1fr; gap: 0; padding: .3rem 0; }
      th, td { padding: .3rem .5rem; }
    }
    @media print {
      body { max-width: none; padding: 0; font-size: 10pt; }
      .plots { grid-template-columns: 1fr 1fr; gap: 1.5rem; }
      .wide { display: block; }
      .narrow, details { display: none; }
      .table { overflow: visible; }
      h2, h3, tr { break-after: avoid; }
    }
    """
}

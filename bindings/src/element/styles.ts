/**
 * The style sheet of `<vm-customization-status>`. It is adopted, not written into the markup: pages under a
 * Content-Security-Policy without inline styles show it all the same. Widths never depend on contents, so that nothing
 * jumps while a run goes on.
 */
const CSS = `
:host {
  display: block;
  block-size: 30rem;
  min-inline-size: 0;
  --_bg: var(--vmc-background, light-dark(#ffffff, #12161b));
  --_fg: var(--vmc-foreground, light-dark(#1a2129, #e3e8ee));
  --_muted: var(--vmc-muted, light-dark(#55606d, #9aa6b4));
  --_surface: var(--vmc-surface, light-dark(#f5f7f9, #181d24));
  --_border: var(--vmc-border, light-dark(#dde3e9, #2a323c));
  --_grid: var(--vmc-grid, light-dark(#edf0f3, #1f262e));
  --_hover: var(--vmc-hover, light-dark(#f3f6fa, #1a2028));
  --_selected: var(--vmc-selected, light-dark(#e4eefb, #1d2f45));
  --_accent: var(--vmc-accent, light-dark(#0b61c4, #6cb2ff));
  --_off: var(--vmc-not-powered-on, light-dark(#6b7684, #8693a2));
  --_wait: var(--vmc-not-started, light-dark(#946200, #e0ad4a));
  --_run: var(--vmc-started, light-dark(#0b61c4, #6cb2ff));
  --_ok: var(--vmc-succeeded, light-dark(#1a7540, #56c486));
  --_bad: var(--vmc-failed, light-dark(#c4252c, #ff7f78));
  --_row: var(--vmc-row-height, 2.75em);
  color: var(--_fg);
  background: var(--_bg);
  font: 400 var(--vmc-font-size, 0.8125rem)/1.35 var(--vmc-font, system-ui, sans-serif);
  font-variant-numeric: tabular-nums;
}
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button, input { font: inherit; color: inherit; letter-spacing: inherit; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: -2px; }
.sr-only { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.muted { color: var(--_muted); }
.number { font-variant-numeric: tabular-nums; }
bdi, .text { unicode-bidi: isolate; }
.root { container: root / inline-size; position: relative; display: flex; flex-direction: column; block-size: 100%; overflow: hidden; }

.toolbar { flex: none; display: flex; flex-wrap: wrap; align-items: center; gap: .4em .75em; padding: .6em .9em; border-block-end: 1px solid var(--_border); }
.filter { inline-size: 20em; max-inline-size: 100%; block-size: 2.3em; min-block-size: 24px; padding-inline: .65em; border: 1px solid light-dark(#8894a1, #5d6977); border-radius: 5px; background: var(--_bg); }
.filter::placeholder { color: var(--_muted); opacity: 1; }
.chips { display: flex; flex-wrap: wrap; gap: .3em; }
.chip { display: inline-flex; align-items: center; gap: .4em; block-size: 2.3em; min-block-size: 24px; padding-inline: .55em .65em; border: 1px solid transparent; border-radius: 5px; background: none; cursor: pointer; white-space: nowrap; }
.chip:hover { background: var(--_hover); }
.chip[aria-pressed="true"] { background: var(--_selected); border-color: var(--_accent); }
.chip .count { font-weight: 600; min-inline-size: calc(var(--_digits, 1) * 1ch); text-align: end; }
.shown { margin-inline-start: auto; color: var(--_muted); white-space: nowrap; }

.icon { flex: none; inline-size: 1.15em; block-size: 1.15em; overflow: visible; }
.icon path { fill: currentColor; }
[data-status="VmNotStarted"].icon { color: var(--_off); }
[data-status="CustomizationNotStarted"].icon { color: var(--_wait); }
[data-status="CustomizationStarted"].icon { color: var(--_run); }
[data-status="CustomizationSucceeded"].icon { color: var(--_ok); }
[data-status="CustomizationFailed"].icon { color: var(--_bad); }

.content { flex: 1; display: flex; min-block-size: 0; }
.main { container: main / inline-size; position: relative; flex: 1; min-inline-size: 0; }
.table { position: absolute; inset: 0; overflow: hidden auto; scrollbar-gutter: stable; }
.head-group { position: sticky; inset-block-start: 0; z-index: 1; background: var(--_surface); }
.head, .row {
  display: grid; column-gap: 1em; padding-inline: .9em;
  grid-template: "name status attempt elapsed event failure hint line" minmax(0, 1fr)
    / minmax(0, 1.15fr) 14.5em 5.8em 5.8em minmax(0, 1.05fr) minmax(0, 1.3fr) minmax(0, 1.15fr) minmax(0, 2.5fr);
}
.head { border-block-end: 1px solid var(--_border); align-items: end; }
.body { position: relative; overflow: hidden; }
.row { position: absolute; inset-inline: 0; inset-block-start: 0; block-size: var(--_row); border-block-end: 1px solid var(--_grid); cursor: default; }
.row:hover { background: var(--_hover); }
.row[data-status="CustomizationFailed"] { box-shadow: inset 3px 0 var(--_bad); }
.row[aria-selected="true"] { background: var(--_selected); }
.table:focus-visible { outline: none; }
.table:focus-visible .row[aria-selected="true"] { outline: 2px solid var(--_accent); outline-offset: -2px; }
.table:focus-visible:not([aria-activedescendant]) { outline: 2px solid var(--_accent); outline-offset: -2px; }
.cell { display: flex; align-items: center; gap: .5em; min-inline-size: 0; white-space: nowrap; overflow: hidden; }
.row > .cell { block-size: 100%; }
.text { overflow: hidden; text-overflow: ellipsis; min-inline-size: 0; }
.cell.name { grid-area: name; }
.cell.status { grid-area: status; }
.cell.attempt { grid-area: attempt; justify-content: end; }
.cell.elapsed { grid-area: elapsed; justify-content: end; }
.cell.event { grid-area: event; }
.cell.failure { grid-area: failure; }
.cell.hint { grid-area: hint; }
.cell.line { grid-area: line; }
.row .name .text { font-weight: 600; flex: 0 1 auto; }
.row .id { flex: 0 1 auto; overflow: hidden; text-overflow: ellipsis; font-size: .9em; }
.row .time { flex: none; margin-inline-start: auto; }
.row .status { gap: .55em; }

.head .cell { block-size: 100%; align-items: end; padding-block: .3em; overflow: visible; }
.head button { display: inline-flex; align-items: center; gap: .35em; min-block-size: 24px; max-inline-size: 100%; padding: 0 .3em; margin-inline: -.3em; border: 0; border-radius: 4px; background: none; color: var(--_muted); font-weight: 600; cursor: pointer; }
.head button:hover { color: var(--_fg); }
.head [aria-sort] button { color: var(--_fg); }
.head [aria-sort] button::after { content: "▲"; content: "▲" / ""; font-size: .7em; }
.head [aria-sort="descending"] button::after { content: "▼"; content: "▼" / ""; }
.head .line { flex-direction: column; align-items: stretch; gap: .2em; padding-block-end: 0; }
.axis-title { color: var(--_muted); font-weight: 600; overflow: hidden; text-overflow: ellipsis; }
.axis { block-size: 28px; cursor: crosshair; touch-action: none; }
.axis svg { display: block; inline-size: 100%; block-size: 28px; overflow: visible; pointer-events: none; }
.axis text { fill: var(--_muted); font-size: 11px; }
.read { stroke: var(--_off); stroke-width: 1; }
.read.failed { stroke: var(--_bad); stroke-width: 2; }

.timeline { display: block; inline-size: 100%; block-size: 100%; }
.grid-line { stroke: var(--_grid); stroke-width: 1; }
.row[aria-selected="true"] .grid-line { stroke: var(--_border); }
.waiting { fill: var(--_wait); }
.running { fill: var(--_run); }
.running[data-status="CustomizationSucceeded"] { fill: color-mix(in srgb, var(--_ok) 55%, var(--_bg)); }
.running[data-status="CustomizationFailed"] { fill: color-mix(in srgb, var(--_bad) 55%, var(--_bg)); }
.mark { fill: var(--_fg); stroke: var(--_bg); stroke-width: 1.5; paint-order: stroke; }
.mark.powerOn { fill: var(--_wait); }
.mark.started { fill: var(--_run); }
.mark.succeeded { fill: var(--_ok); }
.mark.failed, .mark.removed { fill: var(--_bad); }
path.cursor { stroke: var(--_accent); stroke-width: 1; fill: var(--_accent); }

.empty { position: absolute; inset: 45% 0 auto; text-align: center; color: var(--_muted); pointer-events: none; }

.details { flex: none; display: flex; flex-direction: column; inline-size: 27em; max-inline-size: 100%; border-inline-start: 1px solid var(--_border); background: var(--_surface); }
.details-head { flex: none; display: flex; align-items: start; gap: .5em; padding: .8em 1em .4em 1.2em; }
.details h2 { flex: 1; min-inline-size: 0; max-block-size: 5.4em; overflow: hidden; margin: 0; font-size: 1.15em; font-weight: 600; overflow-wrap: anywhere; }
.details h3 { margin: 1.4em 0 .4em; font-size: 1em; font-weight: 600; color: var(--_muted); }
.details p, .details ul, .details ol { margin: .3em 0; padding: 0; list-style: none; overflow-wrap: anywhere; }
.details-content { flex: 1; min-block-size: 0; overflow: hidden auto; padding: 0 1.2em 1.2em; }
.details dl { display: grid; grid-template-columns: 8.2em minmax(0, 1fr); gap: .3em .8em; margin: 0; }
.details dt { color: var(--_muted); }
.details dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line; }
.details dd.status { display: flex; align-items: center; gap: .5em; white-space: normal; }
.details .log li { padding-block: .15em; }
.close { flex: none; inline-size: 28px; block-size: 28px; border: 0; border-radius: 4px; background: none; font-size: 1.3em; line-height: 1; cursor: pointer; }
.close:hover { background: var(--_hover); }

@container main (width >= 84rem) {
  /* Where there is no hint, its room is the failure's. */
  .has-failure:not(.has-hint) > .cell.failure { grid-column: failure-start / hint-end; }
}
@container main (width < 84rem) {
  :is(.head, .row) {
    grid-template: "name status attempt elapsed line" minmax(0, 1fr) "event failure failure failure line" minmax(0, 1fr)
      / minmax(0, 1.5fr) 14.5em 5.8em 5.8em minmax(0, 2fr);
  }
  .row { block-size: var(--vmc-row-height, 3.9em); padding-block: .35em; }
  .cell.hint { grid-area: failure; }
  .has-failure .hint { display: none; }
  .row .failure:not(.has-failure *) { display: none; }
  .head .hint { justify-content: end; }
  .head .cell { padding-block: .1em; }
  .row .event, .row .failure, .row .hint { color: var(--_muted); }
}
@container main (width < 44rem) {
  :is(.head, .row) {
    column-gap: .8em; padding-inline: .75em;
    grid-template: "name elapsed" minmax(0, 1fr) "status failure" minmax(0, 1fr) "line line" minmax(0, .8fr) / minmax(0, 1.15fr) minmax(0, 1fr);
  }
  .head { grid-template-rows: auto auto auto; }
  .row { block-size: var(--vmc-row-height, 5.2em); }
  .event, .attempt { display: none; }
  .row .failure, .row .hint { justify-content: end; }
  .row .status { overflow: hidden; }
}
@container root (width < 62rem) {
  .details { position: absolute; inset: 0; z-index: 2; inline-size: auto; border: 0; }
}
@container root (width < 44rem) {
  .filter { inline-size: 100%; }
  .chips { gap: .1em; }
  .chip { padding-inline: .4em; }
  .chip .label { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
}
@media (forced-colors: active) {
  :host { --_off: GrayText; --_wait: CanvasText; --_run: CanvasText; --_ok: CanvasText; --_bad: CanvasText; --_accent: Highlight; --_grid: Canvas; --_border: CanvasText; --_bg: Canvas; --_fg: CanvasText; }
  .row[aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px; }
  .chip[aria-pressed="true"] { outline: 2px solid Highlight; outline-offset: -3px; }
  .icon, .timeline, .axis { forced-color-adjust: none; }
  .icon { color: CanvasText !important; }
}
`;

let sheet: CSSStyleSheet | undefined;

/** One sheet for all elements of a page. */
export function styleSheet(): CSSStyleSheet {
  if (sheet === undefined) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}

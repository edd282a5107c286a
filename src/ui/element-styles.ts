// The element's own style sheet. A page themes it through `color-scheme` and the --conv-cam-… properties.
export const elementStyles = `
:host {
  --ink: var(--conv-cam-ink, light-dark(#1b1f27, #e8eaee));
  --quiet: var(--conv-cam-quiet, light-dark(#626b7a, #8f98a8));
  --surface: var(--conv-cam-surface, light-dark(#fff, #16191f));
  --stage: var(--conv-cam-stage, light-dark(#f1f3f6, #0d0f13));
  --line: var(--conv-cam-line, light-dark(#e1e5eb, #262b34));
  --accent: var(--conv-cam-accent, light-dark(#17786f, #4fc3b0));
  display: block;
  color: var(--ink);
  font: 14px/1.45 system-ui, sans-serif;
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.grid {
  display: grid;
  gap: 16px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, var(--conv-cam-panel, 272px)), 1fr));
}
.panel {
  display: flex;
  flex-direction: column;
  min-width: 0;
  margin: 0;
  border: 1px solid var(--line);
  border-radius: 12px;
  background: var(--surface);
  overflow: hidden;
}
.panel.wide { grid-column: 1 / -1; }
.heading { display: flex; align-items: baseline; gap: 8px; padding: 10px 8px 8px 14px; }
.name { overflow: hidden; font-weight: 600; text-overflow: ellipsis; white-space: nowrap; }
.detail { flex: 1; overflow: hidden; color: var(--quiet); font-size: 12px; text-overflow: ellipsis; white-space: nowrap; }
.enlarge {
  align-self: center;
  width: 26px;
  height: 26px;
  padding: 0;
  border: 0;
  border-radius: 6px;
  background: none;
  color: var(--quiet);
  cursor: pointer;
  font: inherit;
}
.enlarge::before { content: "\\2922"; }
.wide .enlarge::before { content: "\\2921"; }
.enlarge:hover { background: var(--stage); color: var(--ink); }
.stage { display: grid; flex: 1; place-items: center; padding: 8px; background: var(--stage); }
.frame { position: relative; line-height: 0; }
.mosaic { display: block; max-width: 100%; image-rendering: pixelated; touch-action: pan-y; cursor: crosshair; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.mark { position: absolute; outline: 2px solid var(--accent); box-shadow: 0 0 0 3px light-dark(#fff, #000); pointer-events: none; }
.legend {
  display: grid;
  grid-template-columns: auto minmax(24px, 1fr) auto auto;
  align-items: center;
  gap: 8px;
  min-height: 36px;
  padding: 0 14px;
  color: var(--quiet);
  font-size: 12px;
  font-variant-numeric: tabular-nums;
}
.ramp { height: 6px; border-radius: 3px; }
.scope { padding-left: 8px; border-left: 1px solid var(--line); }
.readout { display: none; grid-column: 1 / -1; color: var(--ink); white-space: nowrap; }
.probing .readout { display: block; }
.probing .legend > :not(.readout) { display: none; }
.status { display: flex; flex-direction: column; gap: 10px; max-width: 46ch; padding: 24px 0; color: var(--quiet); }
.status progress { width: 100%; height: 6px; accent-color: var(--accent); }
.problem { margin-bottom: 16px; padding: 20px 24px; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); box-shadow: inset 4px 0 light-dark(#c2410c, #fb923c); }
.problem h2 { margin: 0 0 6px; font-size: 16px; }
.problem p { max-width: 70ch; margin: 0 0 10px; overflow-wrap: anywhere; white-space: pre-line; }
.problem ul { margin: 0 0 10px; padding-left: 20px; }
.scroll { max-height: 420px; overflow: auto; }
summary { cursor: pointer; }
table { width: 100%; margin-top: 8px; border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
.note { margin: 0 0 12px; color: var(--quiet); }
.bars { display: grid; grid-template-columns: fit-content(50%) minmax(60px, 1fr) 6ch; gap: 5px 10px; max-width: 480px; margin: 0 0 16px; padding: 0; list-style: none; }
.bars li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; color: var(--quiet); font-variant-numeric: tabular-nums; }
.bars .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bars .track { height: 8px; overflow: hidden; border-radius: 4px; background: var(--line); }
.bars .bar { display: block; width: 100%; height: 100%; border-radius: 4px; background: var(--quiet); transform: scaleX(0); transform-origin: left; transition: transform 0.12s; }
.bars .value { text-align: right; }
.bars .top { color: var(--ink); font-weight: 600; }
.bars .top .bar { background: var(--accent); }
@media (prefers-reduced-motion: reduce) { .bars .bar { transition: none; } }
`;

// The layers of a network as a table, sorted by any column. A layer's name leads to it, and can be changed for display. Loaded with the first table.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { describeShape } from "../format-number.ts";
import type { OverviewNode } from "../overview/condense.ts";
import type { LayerNames } from "../overview/layer-names.ts";
import type { Measured } from "../overview/layer-numbers.ts";
import { type Column, sortRows, type TableRow, tableRows } from "../overview/table.ts";
import { bandWords } from "./band-words.ts";
import { columnWords } from "./column-words.ts";
import { percent } from "./facts.ts";
import { renameTemplate } from "./rename.ts";
import { type Format, formatNames } from "./save.ts";

export interface TableState {
  readonly by: Column | undefined;
  readonly order: "ascending" | "descending";
  /** The layer whose name is being changed. */
  readonly renamed?: string | undefined;
}

interface TableHost {
  show(state: TableState): void;
  /** Undefined where the layer cannot be looked at. */
  go(id: string): (() => void) | undefined;
  save(id: string, format: Format): void;
  /**
   * Ends changing a name.
   *
   * @param name empty for the file's own
   */
  rename(id: string, name: string, isByKey: boolean): void;
}

const timed: ReadonlySet<string> = new Set(["ms", "timeShare", "gflops"]);

interface Table {
  readonly nodes: readonly OverviewNode[];
  readonly measured: Measured;
  readonly names: LayerNames;
  readonly state: TableState;
  /** Ids that are meant; all where undefined. */
  readonly found: ReadonlySet<string> | undefined;
  /** Ids in the order that the rows had: while a name is typed, numbers that change move none. */
  readonly before: readonly string[];
  readonly host: TableHost;
}

/** The table, and the ids of its rows in their order. */
export function tableOf({ nodes, measured, names, state, found, before, host }: Table): {
  ids: readonly string[];
  template: TemplateResult;
} {
  const all = tableRows(nodes, measured, names);
  const rows = arrangeRows(all, state, found, before);
  const isTimed = all.some(({ ms }) => ms !== undefined);
  return { ids: rows.map(({ id }) => id), template: tableTemplate(rows, isTimed, state, host) };
}

function arrangeRows(
  rows: readonly TableRow[],
  { by, order, renamed }: TableState,
  found: Table["found"],
  before: readonly string[],
): readonly TableRow[] {
  const some = found ? rows.filter(({ id }) => found.has(id)) : rows;
  const sorted = by ? sortRows(some, by, order) : some;
  if (renamed === undefined) return sorted;
  const places = new Map(before.map((id, i) => [id, i]));
  const placeOf = ({ id }: TableRow) => places.get(id) ?? before.length;
  return sorted.toSorted((one, other) => placeOf(one) - placeOf(other));
}

function tableTemplate(rows: readonly TableRow[], isTimed: boolean, state: TableState, host: TableHost): TemplateResult {
  const columns = (Object.keys(columnWords) as Column[]).filter((column) => isTimed || !timed.has(column));
  return html`<table class="layers-table">
    <thead>
      <tr>${columns.map((column) => headTemplate(column, state, host))}<th scope="col" title=${bandWords.saveHint}>${bandWords.save}</th></tr>
    </thead>
    <tbody>
      ${repeat(
        rows,
        ({ id }) => id,
        (row) => rowTemplate(row, columns, state, host),
      )}
    </tbody>
  </table>`;
}

function headTemplate(column: Column, state: TableState, host: TableHost): TemplateResult {
  const { title, about, isNumber } = columnWords[column];
  const { by, order } = state;
  const first = isNumber ? "descending" : "ascending";
  const other = order === "ascending" ? "descending" : "ascending";
  return html`<th scope="col" class=${isNumber ? "number" : ""} aria-sort=${by === column ? order : nothing}>
    <button type="button" title=${about || nothing} @click=${() => host.show({ ...state, by: column, order: by === column ? other : first })}>
      ${title}${by === column ? (order === "ascending" ? " ↑" : " ↓") : ""}
    </button>
  </th>`;
}

function rowTemplate(row: TableRow, columns: readonly Column[], state: TableState, host: TableHost): TemplateResult {
  return html`<tr>
    ${columns.map((column) =>
      column === "name"
        ? nameTemplate(row, state, host)
        : html`<td class=${columnWords[column].isNumber ? "number" : ""} title=${hintOf(row, column)}>${textOf(row, column)}</td>`,
    )}
    <td class="saves">${host.go(row.id) ? formatNames.map((format) => saveTemplate(row, format, host)) : nothing}</td>
  </tr>`;
}

function saveTemplate({ id, name }: TableRow, format: Format, host: TableHost): TemplateResult {
  const title = bandWords.saveAs(name, format);
  return html`<button type="button" class="link" aria-label=${title} title=${title} @click=${() => host.save(id, format)}>${format}</button>`;
}

/** The name that somebody gave, and the file's beside it. */
function nameTemplate({ id, name, shownName }: TableRow, state: TableState, host: TableHost): TemplateResult {
  if (state.renamed === id)
    return html`<th scope="row">
      ${renameTemplate(id, shownName ?? name, (text, isByKey) => host.rename(id, text, isByKey))}
    </th>`;
  const go = host.go(id);
  const shown = shownName ?? name;
  return html`<th scope="row">
    ${go ? html`<button type="button" class="link" title=${name} @click=${go}>${shown}</button>` : shown}
    ${shownName === undefined ? nothing : html`<small>${name}</small>`}
    <button
      type="button"
      class="rename"
      data-rename=${id}
      aria-label=${bandWords.rename(name)}
      title=${bandWords.rename(name)}
      @click=${() => host.show({ ...state, renamed: id })}
    ></button>
  </th>`;
}

function textOf(row: TableRow, column: Column): string {
  const { operator, shape, parameterCount, macs, share, ms, timeShare, gflops, silent, nonFinite = 0 } = row;
  const texts: Readonly<Record<Column, string>> = {
    name: row.name,
    operator,
    shape: shape ? describeShape(shape) : "?",
    parameterCount: parameterCount.toLocaleString("en"),
    // What is computed later counts as nothing here.
    macs: shape ? macs.toLocaleString("en") : "–",
    share: macs > 0 ? percent(share) : "",
    ms: ms === undefined ? "–" : bandWords.ms(ms).replace(" ms", ""),
    timeShare: timeShare === undefined ? "" : percent(timeShare),
    gflops: gflops === undefined ? "" : gflops.toPrecision(3),
    silent: silent === undefined ? "–" : `${silent}${nonFinite > 0 ? ` · ${bandWords.notFinite(nonFinite)}` : ""}`,
  };
  return texts[column];
}

function hintOf({ ms, silent, channels = 0 }: TableRow, column: Column): string | typeof nothing {
  if (column === "ms" && ms === undefined) return bandWords.noTime;
  if (column !== "silent") return nothing;
  return silent === undefined ? bandWords.folded : bandWords.silent(silent, channels);
}

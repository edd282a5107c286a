// The layers of a network as a table, sorted by any column. A layer's name leads to it.
import { html, nothing, type TemplateResult } from "lit";
import { describeShape } from "../format-number.ts";
import { type Column, sortRows, type TableRow } from "../overview/table.ts";
import { percent } from "./facts.ts";

export interface TableState {
  readonly by: Column | undefined;
  readonly order: "ascending" | "descending";
}

/** By column: its head, and whether it begins with the largest. */
const columns: Readonly<Record<Column, { readonly title: string; readonly isNumber: boolean }>> = {
  name: { title: "Name", isNumber: false },
  operator: { title: "Layer", isNumber: false },
  shape: { title: "Shape", isNumber: true },
  parameterCount: { title: "Parameters", isNumber: true },
  macs: { title: "Multiply-adds", isNumber: true },
  share: { title: "Share", isNumber: true },
};

interface TableHost {
  sort(state: TableState): void;
  /** Undefined where the layer cannot be looked at. */
  go(id: string): (() => void) | undefined;
}

/** @param found ids that are meant; all where undefined */
export function tableTemplate(
  rows: readonly TableRow[],
  state: TableState,
  found: ReadonlySet<string> | undefined,
  host: TableHost,
): TemplateResult {
  const some = found ? rows.filter(({ id }) => found.has(id)) : rows;
  const sorted = state.by ? sortRows(some, state.by, state.order) : some;
  return html`<table class="layers-table">
    <thead>
      <tr>${Object.keys(columns).map((column) => headTemplate(column as Column, state, host))}</tr>
    </thead>
    <tbody>
      ${sorted.map((row) => rowTemplate(row, host))}
    </tbody>
  </table>`;
}

function headTemplate(column: Column, { by, order }: TableState, host: TableHost): TemplateResult {
  const { title, isNumber } = columns[column];
  const first = isNumber ? "descending" : "ascending";
  const other = order === "ascending" ? "descending" : "ascending";
  return html`<th scope="col" class=${isNumber ? "number" : ""} aria-sort=${by === column ? order : nothing}>
    <button type="button" @click=${() => host.sort({ by: column, order: by === column ? other : first })}>
      ${title}${by === column ? (order === "ascending" ? " ↑" : " ↓") : ""}
    </button>
  </th>`;
}

function rowTemplate({ id, name, operator, shape, parameterCount, macs, share }: TableRow, host: TableHost): TemplateResult {
  const go = host.go(id);
  return html`<tr>
    <th scope="row">${go ? html`<button type="button" class="link" title=${name} @click=${go}>${name}</button>` : name}</th>
    <td>${operator}</td>
    <td class="number">${shape ? describeShape(shape) : "?"}</td>
    <td class="number">${parameterCount.toLocaleString("en")}</td>
    <td class="number">${macs.toLocaleString("en")}</td>
    <td class="number">${macs > 0 ? percent(share) : ""}</td>
  </tr>`;
}

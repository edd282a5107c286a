// The layers of a network as a table that can be sorted by any column. Pure.
import type { Shape } from "../../engine/shapes.ts";
import { sizeOf } from "../../engine/shapes.ts";
import type { OverviewNode } from "./condense.ts";
import type { LayerNames } from "./layer-names.ts";
import { type ItemNumbers, type Measured, numbersOf } from "./layer-numbers.ts";

export interface TableRow extends ItemNumbers {
  readonly id: string;
  readonly name: string;
  /** What somebody calls it. */
  readonly shownName?: string | undefined;
  /** "Conv 3×3 + ReLU" */
  readonly operator: string;
  readonly shape: Shape | undefined;
  readonly parameterCount: number;
  /** Multiply-adds. */
  readonly macs: number;
  /** Of the network's multiply-adds, 0 to 1. */
  readonly share: number;
}

export type Column = "name" | "operator" | "shape" | "parameterCount" | "macs" | "share" | "ms" | "timeShare" | "gflops" | "silent";

/** What rows are sorted by; `undefined` where it is not known. */
export type RowKey<Row> = (row: Row) => string | number | undefined;

const keys: Readonly<Record<Column, RowKey<TableRow>>> = {
  name: ({ name, shownName }) => shownName ?? name,
  operator: ({ operator }) => operator,
  shape: ({ shape }) => shape && sizeOf(shape),
  parameterCount: ({ parameterCount }) => parameterCount,
  macs: ({ macs }) => macs,
  share: ({ share }) => share,
  ms: ({ ms }) => ms,
  timeShare: ({ timeShare }) => timeShare,
  gflops: ({ gflops }) => gflops,
  silent: ({ silent }) => silent,
};

/** One row a layer, in the order of the network. Inputs are none. */
export function tableRows(nodes: readonly OverviewNode[], measured: Measured = {}, names: LayerNames = new Map()): readonly TableRow[] {
  const total = nodes.reduce((sum, { macs }) => sum + macs, 0);
  return nodes
    .filter(({ role }) => role === "layer")
    .map((node) => ({ node, numbers: numbersOf(node, measured) }))
    .map(({ node: { id, title, shape, parameterCount, macs }, numbers }) => ({
      id,
      name: id,
      shownName: names.get(id),
      operator: title,
      shape,
      parameterCount,
      macs,
      share: total > 0 ? macs / total : 0,
      ...numbers,
    }));
}

const natural = new Intl.Collator("en", { numeric: true });

/**
 * Rows that are equal stay in their order, and those of which the key is not known come last.
 *
 * @param by a column, or the key of one of the caller's own, such as measured milliseconds
 */
export function sortRows<Row extends TableRow>(
  rows: readonly Row[],
  by: Column | RowKey<Row>,
  order: "ascending" | "descending",
): readonly Row[] {
  const keyOf = typeof by === "string" ? keys[by] : by;
  const sign = order === "ascending" ? 1 : -1;
  return rows.toSorted((a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)];
    if (isMissing(x) || isMissing(y)) return Number(isMissing(x)) - Number(isMissing(y));
    return sign * (typeof x === "number" && typeof y === "number" ? x - y : natural.compare(String(x), String(y)));
  });
}

function isMissing(key: string | number | undefined): key is undefined {
  return key === undefined || Number.isNaN(key);
}

// A grid of a value under another shape of the same elements.
import { type Shape, sizeOf } from "../shapes.ts";
import type { Grid } from "./region.ts";
import { coversRuns, indicesOf, type Run, type Runs, runsOf, shiftRuns, unionOfRuns, wholeAxis } from "./runs.ts";

/** The same elements, as grids of the other shape. Where one grid cannot be them there are several. */
export function reshapeGrid(grid: Grid, from: Shape, to: Shape): readonly Grid[] {
  return blocksOf(from, to).reduce<readonly Grid[]>(
    (heads, block) => {
      const own = grid.slice(block.from[0], block.from[1]);
      const parts = reshapeBlock(own, from.slice(...block.from), to.slice(...block.to));
      return heads.flatMap((head) => parts.map((part) => [...head, ...part]));
    },
    [[]],
  );
}

/** Axes of both shapes that hold the same number of elements, and none that can be cut further. */
interface Block {
  readonly from: Run;
  readonly to: Run;
}

function blocksOf(from: Shape, to: Shape): readonly Block[] {
  const blocks: Block[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const [firstI, firstJ] = [i, j];
    let [left, right] = [from[i++] ?? 1, to[j++] ?? 1];
    while (left !== right)
      if (left < right) left *= from[i++] ?? 1;
      else right *= to[j++] ?? 1;
    blocks.push({ from: [firstI, Math.min(i, from.length)], to: [firstJ, Math.min(j, to.length)] });
  }
  return blocks;
}

function reshapeBlock(grid: Grid, from: Shape, to: Shape): readonly Grid[] {
  if (from.length === 1 && to.length === 1) return [grid];
  const isWhole = grid.every((runs, axis) => coversRuns(runs, wholeAxis(from[axis] as number)));
  return isWhole ? [to.map(wholeAxis)] : unflatten(flatten(grid, from), to);
}

/** The grid's elements, numbered row by row. */
function flatten(grid: Grid, shape: Shape): Runs {
  return grid.reduceRight<Runs>(
    (inner, runs, axis) => {
      const size = sizeOf(shape.slice(axis + 1));
      if (coversRuns(inner, [[0, size]])) return runs.map(([begin, end]) => [begin * size, end * size]);
      return unionOfRuns(indicesOf(runs).flatMap((index) => shiftRuns(inner, index * size)));
    },
    [[0, 1]],
  );
}

/** Elements that are numbered row by row, as grids: rows that have the same elements are together. */
function unflatten(runs: Runs, shape: Shape): readonly Grid[] {
  if (runs.length === 0) return [];
  if (shape.length === 0) return [[]];
  if (shape.length === 1) return [[runs]];
  const size = sizeOf(shape.slice(1));
  const rows = new Map<number, Run[]>();
  for (const [begin, end] of runs)
    for (let row = Math.floor(begin / size); row * size < end; row++) {
      const part: Run = [Math.max(0, begin - row * size), Math.min(size, end - row * size)];
      rows.set(row, [...(rows.get(row) ?? []), part]);
    }
  const alike = new Map<string, { readonly inner: Runs; readonly rows: number[] }>();
  for (const [row, inner] of rows) {
    const key = inner.join(" ");
    const known = alike.get(key);
    if (known) known.rows.push(row);
    else alike.set(key, { inner, rows: [row] });
  }
  return [...alike.values()].flatMap(({ inner, rows: same }) => unflatten(inner, shape.slice(1)).map((rest) => [runsOf(same), ...rest]));
}

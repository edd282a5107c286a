// What a rule of an operator is: which elements of its inputs some elements of its output are computed from, and how one of them is.
import type { Facts } from "./facts.ts";
import type { Grid, Index } from "./region.ts";
import { clipRuns, type Runs, wholeAxis } from "./runs.ts";
import type { StepBody } from "./step.ts";

/** An element of one of the node's inputs. */
export type ElementReader = (input: number, index: Index) => number;

export interface Rule {
  /**
   * Per input, grids whose elements the elements of a grid of the output are computed from: each of them, and no others. Inputs that are
   * not in the list, and those without grids, are not read.
   *
   * @throws UnsupportedError for a case of which nothing is known
   */
  readonly reads: (facts: Facts, grid: Grid) => readonly (readonly Grid[])[];
  /** How one element is computed; absent where only what it reads is known. */
  readonly step?: (facts: Facts, index: Index, at: ElementReader) => StepBody;
  /** Whether outputs after the first are computed by this rule, too. */
  readonly hasAllOutputs?: boolean;
  /** Whether people see it as one layer with the node before it, so that the formula of its output begins there. It reads one element. */
  readonly continuesLayer?: boolean;
  /** Whether an element is one of the inputs', moved. */
  readonly isMove?: boolean;
}

export type Rules = Readonly<Record<string, Rule>>;

/** All of a value. */
export function wholeGrid(shape: readonly number[]): Grid {
  return shape.map(wholeAxis);
}

/** The same elements of a value that broadcasts to the output: along axes of extent 1, the only one. */
export function broadcastGrid(grid: Grid, shape: readonly number[]): Grid {
  const missing = grid.length - shape.length;
  return shape.map((extent, axis) => (extent === 1 ? [[0, 1]] : (grid[axis + missing] as Runs)));
}

/** The same for one element's index. */
export function broadcastIndex(index: Index, shape: readonly number[]): Index {
  const missing = index.length - shape.length;
  return shape.map((extent, axis) => (extent === 1 ? 0 : (index[axis + missing] as number)));
}

/** Indices that lie on an axis of this extent. */
export function within(runs: Runs, extent: number): Runs {
  return clipRuns(runs, 0, extent);
}

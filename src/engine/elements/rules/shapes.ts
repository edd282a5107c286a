// Operators that give the same elements another shape, and those that exchange channels and places.
import { movedBy } from "../copies.ts";
import type { Facts } from "../facts.ts";
import type { Grid } from "../region.ts";
import { reshapeGrid } from "../reshape-grid.ts";
import type { Rule, Rules } from "../rule.ts";
import type { Runs } from "../runs.ts";

const reshaped: Rule = {
  ...movedBy((facts, grid) => [reshapeGrid(grid, facts.output.shape, facts.shape(0))]),
  continuesLayer: true,
};

/** Dropout's second output, a mask, reads nothing: at inference nothing is dropped. */
const passed: Rule = {
  ...movedBy((facts, grid) => [facts.outputIndex === 0 ? [grid] : []]),
  continuesLayer: true,
};

/** Six axes of the deep value, and which of them the wide value has in turn: a channel, then rows and columns with their places in a block. */
function blockAxes(
  { node, attributes }: Facts,
  [n = 1, c = 1, h = 1, w = 1]: readonly number[],
): { apart: readonly number[]; perm: readonly number[] } {
  const b = attributes.number("blocksize");
  const isCrd = node.operator === "DepthToSpace" && attributes.string("mode", "DCR") === "CRD";
  if (isCrd) return { apart: [n, c / b ** 2, b, b, h, w], perm: [0, 1, 4, 2, 5, 3] };
  return { apart: [n, b, b, c / b ** 2, h, w], perm: [0, 3, 4, 1, 5, 2] };
}

/** From a grid of the wide value to those of the deep one. */
const depthToSpace: Rule = movedBy((facts, grid) => {
  const deep = facts.shape(0);
  const { apart, perm } = blockAxes(facts, deep);
  const wide = perm.map((axis) => apart[axis] as number);
  const grids = reshapeGrid(grid, facts.output.shape, wide).map((one) => apart.map((_, axis) => one[perm.indexOf(axis)] as Runs));
  return [grids.flatMap((one) => reshapeGrid(one, apart, deep))];
});

/** From a grid of the deep value to those of the wide one. */
const spaceToDepth: Rule = movedBy((facts, grid) => {
  const deep = facts.output.shape;
  const { apart, perm } = blockAxes(facts, deep);
  const wide = perm.map((axis) => apart[axis] as number);
  const grids = reshapeGrid(grid, deep, apart).map((one): Grid => perm.map((axis) => one[axis] as Runs));
  return [grids.flatMap((one) => reshapeGrid(one, wide, facts.shape(0)))];
});

/** They depend on a type, and on no element. */
const readsNothing: Rule = { reads: () => [] };

export const shapes: Rules = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Identity: passed,
  Dropout: passed,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
  Shape: readsNothing,
  Size: readsNothing,
};

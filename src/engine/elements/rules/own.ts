// Operators of Convcam's own that a model's graph may have while it is changed.
import type { Facts } from "../facts.ts";
import type { Grid, Index } from "../region.ts";
import type { Rule, Rules } from "../rule.ts";

/** y = x · scale + shift for each channel; where there is a mask of places, so much of the change as it says. */
const gate: Rule = {
  continuesLayer: true,
  reads(facts, grid) {
    const { axis, places } = axesOf(facts);
    const channel: Grid = [grid[axis] ?? [[0, 1]]];
    const mask = facts.inputs[3] ? [grid.filter((_, at) => places.includes(at))] : [];
    return [[grid], [channel], [channel], mask];
  },
  step(facts, index, at) {
    const { axis, places } = axesOf(facts);
    const channel: Index = [index[axis] ?? 0];
    const operand = { value: facts.node.inputs[0] ?? "", index, x: at(0, index) };
    const [scale, shift] = [at(1, channel), at(2, channel)];
    const share = facts.inputs[3]
      ? at(
          3,
          index.filter((_, one) => places.includes(one)),
        )
      : undefined;
    // What is switched off is off, also for an x of infinity.
    const gated = scale === 0 ? shift : operand.x * scale + shift;
    const result = share === undefined || share === 1 ? gated : share === 0 ? operand.x : operand.x + share * (gated - operand.x);
    return { kind: "gate", ...operand, scale, shift, share, result };
  },
};

/** The axis of the channels, and those of the mask. */
function axesOf({ attributes, output }: Facts): { readonly axis: number; readonly places: readonly number[] } {
  const [axis, batch] = [attributes.number("axis"), attributes.number("batch")];
  return { axis, places: [...output.shape.keys()].filter((one) => one !== axis && one !== batch) };
}

export const own: Rules = { Gate: gate };

// Operators of Convcam's own that a model's graph may have before it is differentiated.
import type { Rules } from "../rule.ts";
import { training } from "./training.ts";

export const own: Rules = {
  ...training,
  // y = x · scale + shift for each channel, where the mask is 1, so dx = dy · (1 + mask · (scale − 1)).
  Gate: ({ attributes, dy, emit, node, x }) => {
    const { dtype, shape: gated } = emit.typeOf(x);
    const [axis, batch] = [attributes.integer("axis", 1), attributes.integer("batch", 0)];
    const operand = (index: number, isOn: (at: number) => boolean): string => {
      const reshaped = emit.reshape(
        node.inputs[index] as string,
        gated.map((extent, at) => (isOn(at) ? extent : 1)),
      );
      return dtype === emit.typeOf(node.inputs[index] as string).dtype ? reshaped : emit.castTo(reshaped, dtype);
    };
    const scale = operand(1, (at) => at === axis);
    if (!node.inputs[3]) return [emit.multiply(dy, scale)];
    const mask = operand(3, (at) => at !== axis && at !== batch);
    const one = emit.number(1, x);
    return [emit.multiply(dy, emit.add(one, emit.multiply(mask, emit.subtract(scale, one))))];
  },
};

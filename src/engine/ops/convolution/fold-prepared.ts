// Folds BatchNormalization, and a Mul or Add per channel, into a convolution where some of them are parameters: ordinary nodes that depend
// on parameters alone compute the new weight and bias, so they run when a parameter changes.
import type { GraphEdit } from "../../graph/edit.ts";
import type { Node, TypedGraph, ValueType } from "../../graph/graph.ts";
import { type Shape, sizeOf } from "../../shapes.ts";
import { Tensor } from "../../tensor.ts";

/** Names of a convolution's weight and bias. */
export interface Affine {
  readonly weight: string;
  readonly bias: string | undefined;
  /** Of the weight. */
  readonly type: ValueType;
}

/** Adds nodes for the weight and bias of a convolution that also does what `next` does. */
export function foldPrepared(
  graph: TypedGraph,
  edit: GraphEdit,
  { weight, bias, type }: Affine,
  next: Node,
  input: string,
): Omit<Affine, "type"> {
  const { shape, dtype } = type;
  const [channels = 0, ...rest] = shape;
  const name = (what: string) => `${next.name}/folded ${what}`;
  const reshaped = (value: string, to: Shape, what: string): string => {
    const known = edit.initializers.get(value);
    if (known) return edit.constant(name(what), known.reshape(to));
    const target = edit.constant(name("shape"), Tensor.int64([to.length], to));
    return edit.add({ operator: "Reshape", inputs: [value, target], name: name(what) });
  };
  if (next.operator === "BatchNormalization") {
    const zeros = edit.constant(name("zeros"), Tensor.filled(dtype, [channels], 0));
    const [, scale = "", shift = "", mean = "", variance = ""] = next.inputs;
    const normalized = (value: string, to: Shape, by: readonly string[], what: string) =>
      edit.add({
        operator: "BatchNormalization",
        inputs: [reshaped(value, to, `${what} by channels`), ...by],
        attributes: next.attributes,
        name: name(`${what} normalized`),
      });
    const newWeight = normalized(weight, [1, channels, sizeOf(rest)], [scale, zeros, zeros, variance], "weight");
    const newBias = normalized(bias ?? zeros, [1, channels], [scale, shift, mean, variance], "bias");
    return { weight: reshaped(newWeight, shape, "weight"), bias: reshaped(newBias, [channels], "bias") };
  }
  const other = otherOperand(next, input);
  const count = sizeOf(graph.types.get(other)?.shape ?? []);
  const perOutput = (what: string) => reshaped(other, [count], what);
  if (next.operator === "Mul") {
    const factor = reshaped(other, [count, ...rest.map(() => 1)], "factor");
    return {
      weight: edit.add({ operator: "Mul", inputs: [weight, factor], name: name("weight") }),
      bias: bias && edit.add({ operator: "Mul", inputs: [bias, perOutput("bias factor")], name: name("bias") }),
    };
  }
  // A bias has one element per channel, also where the same is added to all of them.
  const start = bias ?? edit.constant(name("zeros"), Tensor.filled(dtype, [channels], 0));
  return { weight, bias: edit.add({ operator: "Add", inputs: [start, perOutput("shift")], name: name("bias") }) };
}

/** The operand of a Mul or Add that is not `input`. */
export function otherOperand({ inputs }: Node, input: string): string {
  return (inputs[0] === input ? inputs[1] : inputs[0]) as string;
}

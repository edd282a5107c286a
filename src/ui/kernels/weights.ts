// Where the kernels of a node lie in its weights, whichever way its operator has them. Pure.
import type { Node } from "../../engine/graph/graph.ts";

/** Kernels of output channel by input channel, each of rows and columns. */
export interface WeightsView {
  readonly outputs: number;
  /** Those that each output channel reads: of a group, where there are several. */
  readonly inputs: number;
  readonly rows: number;
  readonly columns: number;
  /** The place of a kernel's first weight, and from one weight to the next. */
  at(output: number, input: number): number;
  readonly step: number;
  /** The number of an input channel among all. */
  inputOf(output: number, input: number): number;
}

export interface WeightsFacts {
  readonly operator: string;
  readonly shape: readonly number[];
  /** Of a convolution. */
  readonly groups: number;
  /** Of Gemm. */
  readonly isTransposed: boolean;
  /** Of a dense layer that reads maps: their channels, rows and columns. */
  readonly maps?: readonly [channels: number, rows: number, columns: number] | undefined;
}

/** What a node says of how its weights lie. */
export function attributesOf({ operator, attributes }: Node): Omit<WeightsFacts, "shape" | "maps"> {
  const number = (name: string, usual: number) => {
    const value = attributes.get(name);
    return typeof value === "number" ? value : usual;
  };
  return { operator, groups: number("group", 1), isTransposed: number("transB", 0) === 1 };
}

const product = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1);

/** @returns undefined where weights do not have the axes that the operator asks for */
export function viewWeights(facts: WeightsFacts): WeightsView | undefined {
  const { operator, shape } = facts;
  if (operator === "Conv" || operator === "ConvTranspose") return shape.length > 2 ? viewKernels(facts) : undefined;
  return shape.length === 2 ? viewMatrix(facts) : undefined;
}

/** Conv has [outputs, inputs of a group, …], ConvTranspose [inputs, outputs of a group, …]. */
function viewKernels({ operator, shape: [first = 1, second = 1, ...window], groups }: WeightsFacts): WeightsView {
  const taps = product(window);
  const size = { rows: product(window.slice(0, -1)), columns: window.at(-1) ?? 1, step: 1 };
  if (operator === "Conv") {
    const perGroup = first / groups;
    return {
      ...{ outputs: first, inputs: second, ...size },
      at: (output, input) => (output * second + input) * taps,
      inputOf: (output, input) => Math.floor(output / perGroup) * second + input,
    };
  }
  const inputs = first / groups;
  const inputOf = (output: number, input: number) => Math.floor(output / second) * inputs + input;
  return {
    ...{ outputs: second * groups, inputs, ...size, inputOf },
    at: (output, input) => (inputOf(output, input) * second + (output % second)) * taps,
  };
}

/** [inputs, outputs], or the other way round. An input of maps that was flattened is channel by channel. */
function viewMatrix({ shape: [first = 1, second = 1], isTransposed, maps }: WeightsFacts): WeightsView {
  const [count, outputs] = isTransposed ? [second, first] : [first, second];
  const [inputs, rows, columns] = maps && product(maps) === count ? maps : [count, 1, 1];
  const [ofOutput, step] = isTransposed ? [count, 1] : [1, outputs];
  return {
    ...{ outputs, inputs, rows, columns, step },
    at: (output, input) => output * ofOutput + input * rows * columns * step,
    inputOf: (_, input) => input,
  };
}

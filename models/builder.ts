// Writes a network down layer by layer as an ONNX graph: tracks shapes, names tensors after their layers, draws the first weights.
import type { AttributeValue, Graph, GraphInput, Node, ValueType } from "../src/engine/graph/graph.ts";
import { type Shape, sizeOf } from "../src/engine/shapes.ts";
import { isFloat, Tensor } from "../src/engine/tensor.ts";
import { resolveWindow } from "../src/engine/window.ts";
import { createRandom, uniform } from "./random.ts";

/** What a layer hands to the next: a value of the graph, named as its layer. */
export interface Value {
  readonly name: string;
  /** With the batch axis: [1, c, h, w] or [1, c]. */
  readonly shape: Shape;
}

/** "same" and "valid" as Keras has them (what is odd goes to the end), or a number of zeros on every side as PyTorch has it. */
export type Padding = "same" | "valid" | number;

export type Activation = "relu" | "sigmoid" | "softmax" | "tanh";

/** One number for both axes, or [h, w]. */
type Extent = number | readonly [number, number];

export interface ConvOptions {
  readonly kernel: Extent;
  readonly stride?: number;
  /** "valid" unless given. */
  readonly padding?: Padding;
  /** True unless given. */
  readonly bias?: boolean;
  readonly groups?: number;
  /** Becomes a node of its own under the layer's name; the convolution is then called `NAME/preactivation`. */
  readonly activation?: Activation;
  /** Variance of the weights times fan-in: 2 (He), unless no rectifier lies ahead. */
  readonly gain?: number;
}

export interface PoolOptions {
  readonly kernel: number;
  /** The kernel's extent unless given. */
  readonly stride?: number;
  readonly padding?: Padding;
  /** Whether a last window may reach beyond the end. */
  readonly ceilMode?: boolean;
}

/** A graph that knows the type of every value its nodes make, so that the file can tell. */
export interface BuiltGraph extends Graph {
  readonly types: ReadonlyMap<string, ValueType>;
}

export interface BuilderOptions {
  /** Weights depend on the seed, the tensor's name and its shape, on nothing else. */
  readonly seed: number;
  /** Whose tensor names: `conv/kernel`, `bn/gamma` (Keras) or `conv.weight`, `bn.running_mean` (PyTorch). */
  readonly naming?: keyof typeof tensorNames;
}

const opset = 17;

const tensorNames = {
  keras: {
    separator: "/",
    weight: "kernel",
    bias: "bias",
    scale: "gamma",
    shift: "beta",
    mean: "moving_mean",
    variance: "moving_variance",
    depthwise: "depthwise_kernel",
    pointwise: "pointwise_kernel",
  },
  torch: {
    separator: ".",
    weight: "weight",
    bias: "bias",
    scale: "weight",
    shift: "bias",
    mean: "running_mean",
    variance: "running_var",
    depthwise: "depthwise.weight",
    pointwise: "pointwise.weight",
  },
} as const;

const activationOperators: Readonly<Record<Activation, string>> = {
  relu: "Relu",
  sigmoid: "Sigmoid",
  softmax: "Softmax",
  tanh: "Tanh",
};

/**
 * Builds one graph. Every method that adds a layer takes the layer's name first and returns its value, which bears that name.
 *
 * Parameters are initializers. Numbers that belong to the architecture (a residual's scale, Clip's bounds, the scale of ones
 * of a BatchNormalization that has none) are Constant nodes, so that counting initializers counts parameters.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #seed: number;
  readonly #tensorNames: (typeof tensorNames)[keyof typeof tensorNames];
  readonly #inputs: GraphInput[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #nodes: Node[] = [];
  readonly #types = new Map<string, ValueType>();
  readonly #taken = new Set<string>();
  /** Those of {@link #taken} that are constants. */
  readonly #constants = new Set<string>();

  constructor(name: string, options: BuilderOptions) {
    this.#name = name;
    this.#seed = options.seed;
    this.#tensorNames = tensorNames[options.naming ?? "keras"];
  }

  /** @param shape [c, h, w]; one picture at a time */
  input(name: string, shape: Shape): Value {
    this.#take(name);
    const full = [1, ...shape];
    this.#inputs.push({ name, dtype: "float32", shape: full });
    return { name, shape: full };
  }

  conv(name: string, x: Value, filters: number, options: ConvOptions): Value {
    const { activation, groups = 1, gain = 2 } = options;
    const weight = this.#weights(this.#tensor(name, "weight"), [filters, channelsOf(x) / groups, ...pair(options.kernel)], gain);
    const inputs = [x.name, weight];
    if (options.bias ?? true) inputs.push(this.#filled(this.#tensor(name, "bias"), [filters], 0));
    return this.#activated(name, activation, (own) => this.#convolve(own, x, inputs, filters, options));
  }

  /** A depthwise convolution and a 1×1 one after it, as Keras's SeparableConv2D; the first is called `NAME/depthwise`. */
  separableConv(name: string, x: Value, filters: number, options: Pick<ConvOptions, "kernel" | "stride" | "padding">): Value {
    const channels = channelsOf(x);
    // No rectifier between the two, so the first must not double the variance.
    const depthwise = this.#weights(this.#tensor(name, "depthwise"), [channels, 1, ...pair(options.kernel)], 1);
    const middle = this.#convolve(`${name}/depthwise`, x, [x.name, depthwise], channels, { ...options, groups: channels });
    const pointwise = this.#weights(this.#tensor(name, "pointwise"), [filters, channels, 1, 1], 2);
    return this.#convolve(name, middle, [middle.name, pointwise], filters, { kernel: 1 });
  }

  /** @param options.scale false for one that only shifts: its scale of ones is no parameter */
  batchNorm(name: string, x: Value, options: { readonly epsilon: number; readonly scale?: boolean }): Value {
    const shape = [channelsOf(x)];
    const scale =
      (options.scale ?? true)
        ? this.#filled(this.#tensor(name, "scale"), shape, 1)
        : this.#constant(`ones_${shape}`, Tensor.float32(shape, new Float32Array(channelsOf(x)).fill(1)));
    const shift = this.#filled(this.#tensor(name, "shift"), shape, 0);
    const mean = this.#filled(this.#tensor(name, "mean"), shape, 0);
    const variance = this.#filled(this.#tensor(name, "variance"), shape, 1);
    return this.#node("BatchNormalization", name, [x.name, scale, shift, mean, variance], x.shape, { epsilon: options.epsilon });
  }

  relu(name: string, x: Value): Value {
    return this.activate(name, x, "relu");
  }

  activate(name: string, x: Value, activation: Activation): Value {
    return this.#node(activationOperators[activation], name, [x.name], x.shape, activation === "softmax" ? { axis: 1 } : {});
  }

  /** min(max(x, 0), 6) */
  relu6(name: string, x: Value): Value {
    return this.#node("Clip", name, [x.name, this.#scalar(0), this.#scalar(6)], x.shape);
  }

  maxPool(name: string, x: Value, options: PoolOptions): Value {
    return this.#pool("MaxPool", name, x, options);
  }

  /** Counts only what lies inside the input, as Keras does. */
  averagePool(name: string, x: Value, options: PoolOptions): Value {
    return this.#pool("AveragePool", name, x, options);
  }

  /** [1, c, h, w] → [1, c]; the pool before flattening is called `NAME/pool`. */
  globalAveragePool(name: string, x: Value): Value {
    const pooled = this.#node("GlobalAveragePool", `${name}/pool`, [x.name], [1, channelsOf(x), 1, 1]);
    return this.flatten(name, pooled);
  }

  flatten(name: string, x: Value): Value {
    return this.#node("Flatten", name, [x.name], [1, sizeOf(x.shape.slice(1))], { axis: 1 });
  }

  /** Does nothing but in training. */
  dropout(name: string, x: Value, ratio: number): Value {
    return this.#node("Dropout", name, [x.name, this.#scalar(ratio)], x.shape);
  }

  /** Weights lie as [units, features]. */
  dense(name: string, x: Value, units: number, options: Pick<ConvOptions, "activation"> = {}): Value {
    const weight = this.#weights(this.#tensor(name, "weight"), [units, channelsOf(x)], 2);
    const inputs = [x.name, weight, this.#filled(this.#tensor(name, "bias"), [units], 0)];
    return this.#activated(name, options.activation, (own) => this.#node("Gemm", own, inputs, [1, units], { transB: 1 }));
  }

  softmax(name: string, x: Value): Value {
    return this.activate(name, x, "softmax");
  }

  add(name: string, a: Value, b: Value): Value {
    return this.#node("Add", name, [a.name, b.name], a.shape);
  }

  multiply(name: string, x: Value, factor: number): Value {
    return this.#node("Mul", name, [x.name, this.#scalar(factor)], x.shape);
  }

  /** Channels one after the other. */
  concat(name: string, values: readonly Value[]): Value {
    const [first] = values;
    if (!first) throw new Error(`concat '${name}': no values`);
    const channels = values.reduce((sum, v) => sum + channelsOf(v), 0);
    const inputs = values.map((v) => v.name);
    return this.#node("Concat", name, inputs, [1, channels, ...first.shape.slice(2)], { axis: 1 });
  }

  build(outputs: readonly Value[]): BuiltGraph {
    return {
      name: this.#name,
      opsets: new Map([["", opset]]),
      metadata: new Map([
        ["producer_name", "convcam"],
        ["seed", String(this.#seed)],
      ]),
      inputs: this.#inputs,
      outputs: outputs.map((v) => v.name),
      initializers: this.#initializers,
      nodes: this.#nodes,
      types: this.#types,
    };
  }

  #convolve(name: string, x: Value, inputs: readonly string[], filters: number, options: ConvOptions): Value {
    const kernel = pair(options.kernel);
    const { output, attributes } = slide(x, kernel, options);
    return this.#node("Conv", name, inputs, [1, filters, ...output], { ...attributes, group: options.groups ?? 1 });
  }

  #pool(operator: string, name: string, x: Value, options: PoolOptions): Value {
    const { output, attributes } = slide(x, pair(options.kernel), { ...options, stride: options.stride ?? options.kernel });
    const ceil: Attributes = options.ceilMode ? { ceil_mode: 1 } : {};
    return this.#node(operator, name, [x.name], [1, channelsOf(x), ...output], { ...attributes, ...ceil });
  }

  #activated(name: string, activation: Activation | undefined, layer: (name: string) => Value): Value {
    if (!activation) return layer(name);
    return this.activate(name, layer(`${name}/preactivation`), activation);
  }

  #node(operator: string, name: string, inputs: readonly string[], shape: Shape, attributes: Attributes = {}): Value {
    this.#take(name);
    this.#nodes.push({ name, operator, domain: "", inputs, outputs: [name], attributes: new Map(Object.entries(attributes)) });
    this.#types.set(name, { dtype: "float32", shape });
    return { name, shape };
  }

  #tensor(layer: string, role: Exclude<keyof (typeof tensorNames)["keras"], "separator">): string {
    return `${layer}${this.#tensorNames.separator}${this.#tensorNames[role]}`;
  }

  /** Uniform with variance gain / fan-in. Uniform, not normal: logarithms and cosines differ between machines. */
  #weights(name: string, shape: Shape, gain: number): string {
    const fanIn = sizeOf(shape.slice(1));
    const data = uniform(createRandom(this.#seed, name), sizeOf(shape), Math.sqrt((3 * gain) / fanIn));
    return this.#initializer(name, Tensor.float32(shape, data));
  }

  #filled(name: string, shape: Shape, value: number): string {
    return this.#initializer(name, Tensor.float32(shape, new Float32Array(sizeOf(shape)).fill(value)));
  }

  #initializer(name: string, tensor: Tensor): string {
    this.#take(name);
    this.#initializers.set(name, tensor);
    return name;
  }

  #scalar(value: number): string {
    return this.#constant(`constant_${value}`, Tensor.float32([], Float32Array.of(value)));
  }

  /** Made once however often it is asked for. */
  #constant(name: string, tensor: Tensor): string {
    if (!this.#constants.has(name)) this.#node("Constant", name, [], tensor.shape, { value: tensor });
    this.#constants.add(name);
    return name;
  }

  #take(name: string): void {
    if (this.#taken.has(name)) throw new Error(`${this.#name}: the name '${name}' is taken`);
    this.#taken.add(name);
  }
}

/** Elements of all float initializers: every weight, bias and BatchNormalization vector, moving statistics included, as Keras counts. */
export function countParameters(graph: Graph): number {
  let count = 0;
  for (const tensor of graph.initializers.values()) if (isFloat(tensor.dtype)) count += tensor.size;
  return count;
}

type Attributes = Readonly<Record<string, AttributeValue>>;

function channelsOf(value: Value): number {
  return value.shape[1] as number;
}

function pair(extent: Extent): readonly [number, number] {
  return typeof extent === "number" ? [extent, extent] : extent;
}

/** Where a window goes over the last two axes, as attributes and as the extents it leaves. */
function slide(
  x: Value,
  kernel: readonly [number, number],
  options: Pick<ConvOptions, "stride" | "padding"> & { readonly ceilMode?: boolean },
) {
  const { stride = 1, padding = "valid", ceilMode = false } = options;
  const strides = [stride, stride];
  const pads: number[] = typeof padding === "number" ? new Array<number>(4).fill(padding) : [];
  const autoPad = padding === "same" ? "SAME_UPPER" : padding === "valid" ? "VALID" : "NOTSET";
  const window = resolveWindow(x.shape.slice(2), { kernel, strides, autoPad, ceilMode, ...(pads.length > 0 && { pads }) });
  // "valid" is what no pads mean; auto_pad is written only where it says more, and so ceil_mode stays allowed.
  const padded: Attributes = pads.length > 0 ? { pads } : padding === "same" ? { auto_pad: "SAME_UPPER" } : {};
  return { output: window.output, attributes: { kernel_shape: kernel, strides, ...padded } satisfies Attributes };
}

// What exporters write as several nodes, and what passes make of it. Unit tests compare the nodes, GPU tests the numbers.
import { fusedDomain, type Graph, type Node } from "../../src/engine/graph/graph.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { graphOf, ints, noise, op } from "./graphs.ts";

export interface IdiomCase {
  readonly why: string;
  readonly graph: Graph;
  /** The nodes behind all passes, as `describeFused` writes them. */
  readonly after: readonly string[];
}

/** "Gelu(x)→y", with the attributes of a fused node. */
export function describeFused({ operator, domain, inputs, outputs, attributes }: Node): string {
  const shown = [...attributes].map(
    ([name, value]) => `${name}=${typeof value === "number" ? Number(value.toPrecision(4)) : String(value)}`,
  );
  const settings = domain === fusedDomain && operator !== "Conv" && shown.length > 0 ? `[${shown.join(" ")}]` : "";
  const activation = domain === fusedDomain && operator === "Conv" ? `+${attributes.get("activation")}` : "";
  return `${operator}${activation}${settings}(${inputs.map((name) => name || "_").join(" ")})→${outputs[0]}`;
}

const number = (value: number, shape: readonly number[] = []) => Tensor.from("float32", shape, [value]);

export const numbers = {
  half: number(0.5),
  one: number(1),
  two: number(2),
  three: number(3),
  six: number(6),
  zero: number(0),
  sixth: number(0.1666666716337204),
  root: number(1.4142135381698608),
  inverseRoot: number(0.7071067690849304),
  tanhFactor: number(0.7978845608028654),
  cubic: number(0.044715),
  tiny: number(1e-5),
};

const shape = [2, 4, 5, 8];
export const inputs = { x: shape };

function activation(why: string, lines: readonly string[], after: readonly string[], opset?: number): IdiomCase {
  return { why, graph: graphOf({ inputs, constants: numbers, nodes: lines.map(line), ...(opset && { opset }) }), after };
}

/** "Mul a b y" is a node of two inputs. */
export function line(text: string): Node {
  const [operator = "", ...names] = text.split(" ");
  return op(operator, names.slice(0, -1).join(" "), names.at(-1) ?? "");
}

const clipped = ["Add x three a", "Clip a zero six c"];
const erf = ["Div x root d", "Erf d e", "Add e one f"];
const tanh = ["Pow x three p", "Mul cubic p q", "Add x q r", "Mul tanhFactor r s", "Tanh s t", "Add one t f"];

export const activationCases: readonly IdiomCase[] = [
  activation("SiLU", ["Sigmoid x g", "Mul x g y"], ["silu(x)→y"]),
  activation("SiLU, the gate first, in an old file", ["Sigmoid x g", "Mul g x y"], ["silu(x)→y"], 9),
  activation("HardSigmoid", [...clipped, "Div c six y"], ["HardSigmoid[alpha=0.1667 beta=0.5](x)→y"]),
  activation("HardSwish, x times a quotient", [...clipped, "Div c six h", "Mul x h y"], ["HardSwish(x)→y"]),
  activation("HardSwish, a product divided", [...clipped, "Mul x c m", "Div m six y"], ["HardSwish(x)→y"], 12),
  activation("HardSwish, a product times a sixth", [...clipped, "Mul c x m", "Mul m sixth y"], ["HardSwish(x)→y"]),
  activation("HardSwish of Relu and Min", ["Add x three a", "Relu a b", "Min b six c", "Div c six h", "Mul h x y"], ["HardSwish(x)→y"], 13),
  {
    why: "HardSwish of HardSigmoid, as PyTorch writes it before opset 14",
    graph: graphOf({
      inputs,
      nodes: [op("HardSigmoid", "x", "h", { alpha: 0.1666666716337204, beta: 0.5 }), op("Mul", "x h", "y")],
      opset: 11,
    }),
    after: ["HardSwish(x)→y"],
  },
  {
    why: "HardSwish whose Clip has attributes",
    graph: graphOf({
      inputs,
      constants: numbers,
      nodes: [op("Add", "x three", "a"), op("Clip", "a", "c", { min: 0, max: 6 }), op("Mul", "x c", "m"), op("Div", "m six", "y")],
      opset: 9,
    }),
    after: ["HardSwish(x)→y"],
  },
  activation("Mish", ["Softplus x s", "Tanh s t", "Mul x t y"], ["Mish(x)→y"], 9),
  activation("Mish of a logarithm", ["Exp x e", "Add one e f", "Log f s", "Tanh s t", "Mul t x y"], ["Mish(x)→y"]),
  activation("Gelu, as PyTorch writes it", [...erf, "Mul x f m", "Mul m half y"], ["Gelu(x)→y"], 12),
  activation("Gelu, half of x first", [...erf, "Mul x half h", "Mul h f y"], ["Gelu(x)→y"]),
  activation("Gelu, half of the rest", ["Mul x inverseRoot d", "Erf d e", "Add one e f", "Mul half f h", "Mul x h y"], ["Gelu(x)→y"]),
  activation("Gelu, a half and a half", ["Mul x inverseRoot d", "Erf d e", "Mul e half f", "Add f half h", "Mul h x y"], ["Gelu(x)→y"]),
  activation("Gelu by a hyperbolic tangent", [...tanh, "Mul half x h", "Mul h f y"], ["Gelu[approximate=tanh](x)→y"], 15),
];

const convolved = (why: string, lines: readonly string[], after: readonly string[]): IdiomCase => ({
  why,
  graph: graphOf({
    inputs,
    constants: { ...numbers, w: noise([3, 4, 3, 3], 5) },
    nodes: [op("Conv", "x w", "v"), ...lines.map(line)],
    opset: 12,
  }),
  after,
});

/** They become part of the convolution before them. */
export const convolutionCases: readonly IdiomCase[] = [
  convolved("SiLU behind a convolution", ["Sigmoid v g", "Mul v g y"], ["Conv+silu(x w _ _)→y"]),
  convolved(
    "HardSwish behind a convolution",
    ["Add v three a", "Clip a zero six c", "Mul v c m", "Div m six y"],
    ["Conv+hardSwish(x w _ _)→y"],
  ),
  convolved("HardSigmoid behind a convolution", ["Add v three a", "Clip a zero six c", "Div c six y"], ["Conv+hardSigmoid(x w _ _)→y"]),
];

/** (x − mean) / √(variance + ε), and what follows. */
function normalized(axes: readonly number[], opset: number, lines: readonly string[]): readonly Node[] {
  const isInput = opset >= 18;
  const mean = (of: string, to: string) => (isInput ? op("ReduceMean", `${of} axes`, to) : op("ReduceMean", of, to, { axes }));
  const root = ["Add v tiny a", "Sqrt a s"].map(line);
  return [mean("x", "u"), line("Sub x u d"), line("Pow d two p"), mean("p", "v"), ...root, ...lines.map(line)];
}

function normalization(
  why: string,
  { axes, opset = 13, operand = [8] }: { axes: readonly number[]; opset?: number; operand?: readonly number[] },
  lines: readonly string[],
  after: readonly string[],
): IdiomCase {
  const constants = { ...numbers, axes: ints(...axes), scale: noise(operand, 3), bias: noise(operand, 4) };
  return { why, graph: graphOf({ inputs, constants, nodes: normalized(axes, opset, lines), opset }), after };
}

const affine = ["Div d s n", "Mul n scale m", "Add m bias y"];
const keras = (axes: readonly number[]): readonly Node[] => [
  op("ReduceMean", "x", "u", { axes }),
  line("Sub x u d"),
  line("Mul d d p"),
  op("ReduceMean", "p", "v", { axes }),
  ...["Add v tiny a", "Sqrt a s", "Reciprocal s r", "Mul r scale f", "Mul x f g", "Mul u f h", "Sub bias h k", "Add g k y"].map(line),
];

export const normalizationCases: readonly IdiomCase[] = [
  normalization("LayerNormalization, as PyTorch writes it", { axes: [-1] }, affine, [
    "LayerNormalization[epsilon=0.00001 axis=3](x scale bias)→y",
  ]),
  normalization("LayerNormalization whose axes are an input", { axes: [3], opset: 18 }, affine, [
    "LayerNormalization[epsilon=0.00001 axis=3](x scale bias)→y",
  ]),
  normalization("LayerNormalization over two axes", { axes: [-1, -2], operand: [5, 8] }, affine, [
    "LayerNormalization[epsilon=0.00001 axis=2](x scale bias)→y",
  ]),
  normalization(
    "LayerNormalization without scale and bias",
    { axes: [3] },
    ["Reciprocal s r", "Mul r d y"],
    ["LayerNormalization[epsilon=0.00001 axis=3](x y/all 1 y/all 0)→y"],
  ),
  normalization(
    "LayerNormalization without a bias",
    { axes: [3] },
    ["Div d s n", "Mul scale n m", "Exp m y"],
    ["LayerNormalization[epsilon=0.00001 axis=3](x scale m/all 0)→m", "Exp(m)→y"],
  ),
  normalization("InstanceNormalization", { axes: [2, 3], operand: [4, 1, 1] }, affine, [
    "InstanceNormalization[epsilon=0.00001](x scale bias)→y",
  ]),
  {
    why: "LayerNormalization, as TensorFlow writes it",
    graph: graphOf({ inputs, constants: { ...numbers, scale: noise([8], 3), bias: noise([8], 4) }, nodes: keras([3]), opset: 15 }),
    after: ["LayerNormalization[epsilon=0.00001 axis=3](x scale bias)→y"],
  },
  {
    why: "InstanceNormalization, as TensorFlow writes it",
    graph: graphOf({
      inputs,
      constants: { ...numbers, scale: noise([1, 4, 1, 1], 3), bias: noise([4, 1, 1], 4) },
      nodes: keras([2, 3]),
      opset: 15,
    }),
    after: ["InstanceNormalization[epsilon=0.00001](x scale bias)→y"],
  },
];

function product(why: string, x: readonly number[], lines: readonly string[], after: readonly string[]): IdiomCase {
  const constants = { w: noise([8, 6], 3), wide: noise([8, 7], 5), bias: noise([6], 4), odd: noise([1, 7], 6) };
  return { why, graph: graphOf({ inputs: { x }, constants, nodes: lines.map(line) }), after };
}

export const productCases: readonly IdiomCase[] = [
  product("a row", [1, 8], ["MatMul x w m", "Add m bias y"], ["Gemm(x w bias)→y"]),
  product("many rows on several axes, the bias first", shape, ["MatMul x w m", "Add bias m y"], ["Gemm(x w bias)→y"]),
  product("columns that fill no block, a bias of two axes", [9, 8], ["MatMul x wide m", "Add m odd y"], ["Gemm(x wide odd)→y"]),
];

/** One node is not as it must be, or somebody needs what is computed on the way. */
export const nearMisses: readonly { why: string; graph: Graph; keep?: readonly string[] }[] = [
  ...(
    [
      ["another constant", ["Div x two d", "Erf d e", "Add e one f", "Mul x f m", "Mul m half y"]],
      ["another bound", ["Add x three a", "Clip a zero three c", "Div c six y"]],
      ["another value than x", ["Exp x e", "Sigmoid e g", "Mul x g y"]],
      ["a sum in place of a product", ["Sigmoid x g", "Add x g y"]],
      ["a gate that somebody reads", ["Sigmoid x g", "Mul x g h", "Sub h g y"]],
      ["a quotient of other operands", ["Add x three a", "Clip a zero six c", "Div six c y"]],
    ] as const
  ).map(([why, lines]) => ({ why, graph: graphOf({ inputs, constants: numbers, nodes: lines.map(line) }) })),
  {
    why: "a constant that adds an axis",
    graph: graphOf({
      inputs,
      constants: { ...numbers, half: number(0.5, [1, 1, 1, 1, 1]) },
      nodes: [...erf, "Mul x f m", "Mul m half y"].map(line),
    }),
  },
  {
    why: "a gate that is an output",
    graph: graphOf({ inputs, nodes: ["Sigmoid x g", "Mul x g y"].map(line), outputs: ["g", "y"] }),
  },
  { why: "a gate that is observed", graph: graphOf({ inputs, nodes: ["Sigmoid x g", "Mul x g y"].map(line) }), keep: ["g"] },
  {
    why: "means over other axes",
    graph: graphOf({
      inputs,
      constants: numbers,
      nodes: normalized(
        [3],
        13,
        affine.slice(0, 1).map((text) => text.replace(" n", " y")),
      ).map((node) => (node.name === "v" ? { ...node, attributes: new Map([["axes", [2]]]) } : node)),
      opset: 13,
    }),
  },
  {
    why: "a mean over channels",
    graph: graphOf({ inputs, constants: numbers, nodes: normalized([1], 13, ["Div d s y"]), opset: 13 }),
  },
  {
    why: "a matrix that is computed",
    graph: graphOf({
      inputs: { x: [2, 8], w: [8, 6] },
      constants: { bias: noise([6]) },
      nodes: ["MatMul x w m", "Add m bias y"].map(line),
    }),
  },
  {
    why: "a bias for every row",
    graph: graphOf({
      inputs: { x: [2, 8] },
      constants: { w: noise([8, 6]), bias: noise([2, 1]) },
      nodes: ["MatMul x w m", "Add m bias y"].map(line),
    }),
  },
  {
    why: "a bias that makes rows more",
    graph: graphOf({
      inputs: { x: [1, 8] },
      constants: { w: noise([8, 6]), bias: noise([3, 6]) },
      nodes: ["MatMul x w m", "Add m bias y"].map(line),
    }),
  },
  {
    why: "a product that somebody else reads",
    graph: graphOf({
      inputs: { x: [2, 8] },
      constants: { w: noise([8, 6]), bias: noise([6]) },
      nodes: ["MatMul x w m", "Add m bias a", "Mul a m y"].map(line),
    }),
  },
];

// Transposes that cancel, and those that stay: what passes make of networks in TensorFlow's order of axes.
import type { Graph, Node } from "../../src/engine/graph/graph.ts";
import { graphOf, ints, noise, op } from "./graphs.ts";
import { type IdiomCase, inputs, line, numbers } from "./idiom-cases.ts";

const nhwc = { perm: [0, 2, 3, 1] };
const nchw = { perm: [0, 3, 1, 2] };
const toLast = (from: string, to: string) => op("Transpose", from, to, nhwc);
const toFirst = (from: string, to: string) => op("Transpose", from, to, nchw);

const filters = {
  w: noise([4, 4, 3, 3], 3),
  v: noise([4, 4, 1, 1], 5),
  z: noise([4, 8, 1, 1], 8),
  bias: noise([4], 6),
  slope: noise([1, 1, 4], 7),
  places: noise([3, 6, 1], 9),
  pads: ints(0, 1, 2, 0, 0, 0, 1, 0),
  channels: ints(0, 0, 0, 1, 0, 0, 0, 3),
  flat: ints(2, -1),
};

function transposed(why: string, nodes: readonly Node[], after: readonly string[], opset = 13, outputs?: readonly string[]): IdiomCase {
  return { why, graph: graphOf({ inputs, constants: { ...filters, ...numbers }, nodes, opset, ...(outputs && { outputs }) }), after };
}

/** Between a convolution and another, in TensorFlow's order of axes: from "t" to "r". */
const between = (nodes: readonly Node[], weight = "v"): readonly Node[] => [
  line("Conv x w c"),
  toLast("c", "t"),
  ...nodes,
  toFirst("r", "u"),
  line(`Conv u ${weight} y`),
];

export const transposeCases: readonly IdiomCase[] = [
  transposed("two Transposes in a row that are none", [toLast("x", "t"), toFirst("t", "u"), line("Exp u y")], ["Exp(x)→y"]),
  transposed("two Transposes in a row that are one", [toLast("x", "t"), toLast("t", "u"), line("Exp u y")], ["Transpose(x)→u", "Exp(u)→y"]),
  transposed(
    "two Transposes without perm, the second an output",
    [line("Exp x e"), op("Transpose", "e", "t"), op("Transpose", "t", "y")],
    ["Exp(x)→e", "Identity(e)→y"],
  ),
  transposed("a bias and an activation between convolutions", between([line("Add t bias b"), line("Relu b r")]), [
    "Conv+relu(x b/folded weight b/folded bias _)→u",
    "Conv(u v)→y",
  ]),
  transposed(
    "slopes of PRelu, a constant for every place, one number",
    between(["PRelu t slope p", "Mul p places q", "Sub three q r"].map(line)),
    ["Conv(x w)→c", "PRelu(c slope/turned)→p/turned", "Mul(p/turned places/turned)→q/turned", "Sub(three q/turned)→u", "Conv(u v)→y"],
  ),
  transposed(
    "a residual",
    [
      ...["Conv x w c"].map(line),
      toLast("c", "t"),
      line("Tanh t a"),
      toFirst("a", "u"),
      line("Conv u v d"),
      toLast("d", "e"),
      line("Add e a s"),
      line("Tanh s r"),
      toFirst("r", "f"),
      line("Conv f v y"),
    ],
    ["Conv(x w)→c", "Tanh(c)→u", "Conv+none(u v _ u)→s/turned", "Tanh(s/turned)→f", "Conv(f v)→y"],
  ),
  transposed("a Concat of channels", between([line("Sigmoid t g"), op("Concat", "t g", "r", { axis: 3 })], "z"), [
    "Conv(x w)→c",
    "Sigmoid(c)→g/turned",
    "Concat(c g/turned)→u",
    "Conv(u z)→y",
  ]),
  transposed("Softmax over channels", between([op("Softmax", "t", "r", { axis: -1 })]), ["Conv(x w)→c", "Softmax(c)→u", "Conv(u v)→y"]),
  transposed(
    "means of places that scale channels",
    between([op("ReduceMean", "t", "m", { axes: [1, 2] }), line("Sigmoid m g"), line("Mul t g r")]),
    ["Conv(x w)→c", "ReduceMean(c)→m/turned", "Sigmoid(m/turned)→g/turned", "Mul(c g/turned)→u", "Conv(u v)→y"],
  ),
  transposed(
    "means of places without their axes",
    [...between([line("Tanh t r")]), op("ReduceSum", "r two", "p", { keepdims: 0 })].map((node) =>
      node.name === "p" ? op("ReduceMax", "r", "p", { axes: [1, -2], keepdims: 0 }) : node,
    ),
    ["Conv(x w)→c", "Tanh(c)→u", "Conv(u v)→y", "ReduceMax(u)→p"],
    12,
    ["y", "p"],
  ),
  transposed("a Pad of channels", between([op("Pad", "t channels", "r")], "z"), ["Conv(x w)→c", "Pad(c r/pads)→u", "Conv(u z)→y"]),
  transposed("a Pad of places, which the convolution takes in", between([op("Pad", "t pads", "r")]), ["Conv(x w)→c", "Conv(c v)→y"]),
  transposed(
    "a value that is needed in its own order as well, and two ways back",
    [
      ...["Conv x w c"].map(line),
      toLast("c", "t"),
      line("Tanh t r"),
      toFirst("r", "u"),
      toFirst("r", "k"),
      line("Conv u v d"),
      line("Conv k v e"),
      op("Reshape", "r flat", "f"),
    ],
    ["Conv(x w)→c", "Tanh(c)→u", "Conv(u v)→d", "Conv(u v)→e", "Transpose(u)→r", "Reshape(r flat)→f"],
    13,
    ["d", "e", "f"],
  ),
  transposed(
    "another order behind than before",
    [line("Conv x w c"), toLast("c", "t"), line("Tanh t r"), op("Transpose", "r", "u", { perm: [0, 3, 2, 1] }), line("Exp u y")],
    ["Conv(x w)→c", "Tanh(c)→r/turned", "Transpose(r/turned)→u", "Exp(u)→y"],
  ),
  transposed(
    "InstanceNormalization over places in front of channels",
    between([
      op("ReduceMean", "t", "m", { axes: [1, 2] }),
      line("Sub t m d"),
      line("Mul d d p"),
      op("ReduceMean", "p", "q", { axes: [1, 2] }),
      ...["Add q tiny a", "Sqrt a s", "Div d s n", "Mul n slope o", "Add o bias r"].map(line),
    ]),
    ["Conv(x w)→c", "InstanceNormalization[epsilon=0.00001](c slope/turned bias/turned)→u", "Conv(u v)→y"],
  ),
];

/** As many elements would be moved as before, or a node works in one order only. */
export const keptTransposes: readonly { why: string; graph: Graph; keep?: readonly string[] }[] = [
  {
    why: "values between Transposes are observed",
    graph: graphOf({ inputs, constants: filters, nodes: between([line("Tanh t r")]) }),
    keep: ["t", "r"],
  },
  {
    why: "the first Transpose is observed",
    graph: graphOf({ inputs, constants: filters, nodes: between([line("Tanh t r")]).slice(0, 3) }),
    keep: ["t"],
  },
  {
    why: "a Reshape between them",
    graph: graphOf({ inputs, constants: { ...filters, flat: ints(2, 3, 6, 4) }, nodes: between([op("Reshape", "t flat", "r")]) }),
  },
  {
    why: "a Softmax that takes several axes for one",
    graph: graphOf({ inputs, constants: filters, nodes: between([op("Softmax", "t", "r", { axis: 1 })]), opset: 12 }),
  },
  {
    why: "an operand with fewer axes that is computed",
    graph: graphOf({ inputs: { ...inputs, k: [4] }, constants: filters, nodes: between([line("Add t k r")]) }),
  },
];

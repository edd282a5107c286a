// Files that the fuzzer starts from: small networks of our own, and small files of the shared data folder where it exists.
import { encodeModel } from "../../src/engine/onnx/encode.ts";
import { decodeModelProto } from "../../src/engine/onnx/proto.ts";
import { encodeModelProto } from "../../src/engine/onnx/to-proto.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { everyDataFile, readData } from "../support/data.ts";
import { type GraphLines, graphOf, ints, noise, op } from "../support/graphs.ts";
import { smallNetworks } from "../support/small-networks.ts";

const scalar = (value: number) => Tensor.float32([], Float32Array.of(value));
const whole = (value: number) => Tensor.int64([], [value]);
const flags = (...values: number[]) => Tensor.from("bool", [values.length], values);

/** One operator each, with operands and attributes that say where its elements go: those are what files lie about. */
const single: readonly GraphLines[] = [
  {
    constants: { w: noise([4, 3, 3, 3]), b: noise([4]) },
    nodes: [op("Conv", "x w b", "y", { pads: [1, 1, 1, 1], strides: [2, 1], dilations: [1, 2] })],
  },
  {
    constants: { w: noise([3, 2, 3, 3]) },
    nodes: [op("ConvTranspose", "x w", "y", { strides: [2, 2], output_padding: [1, 1], group: 3 })],
  },
  { constants: { w: noise([4, 3, 3, 3]), o: noise([1, 18, 6, 6]) }, nodes: [op("DeformConv", "x w o", "y", { kernel_shape: [3, 3] })] },
  {
    nodes: [
      op("MaxPool", "x", "y i", { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1 }),
      op("MaxUnpool", "y i", "z", { kernel_shape: [2, 2], strides: [2, 2] }),
    ],
  },
  { nodes: [op("AveragePool", "x", "y", { kernel_shape: [2, 2], auto_pad: "SAME_UPPER", count_include_pad: 1 })] },
  { nodes: [op("LpPool", "x", "y", { kernel_shape: [2, 2], p: 2 })] },
  { inputs: { x: [2, 6] }, constants: { w: noise([5, 6]), c: noise([5]) }, nodes: [op("Gemm", "x w c", "y", { transB: 1, alpha: 0.5 })] },
  { inputs: { x: [2, 3, 4] }, constants: { w: noise([2, 4, 5]) }, nodes: [op("MatMul", "x w", "y")] },
  { inputs: { x: [2, 3, 4] }, constants: { w: noise([4, 5]) }, nodes: [op("Einsum", "x w", "y", { equation: "bij,jk->bik" })] },
  {
    constants: { s: noise([3]), b: noise([3]), m: noise([3]), v: noise([3]) },
    nodes: [op("BatchNormalization", "x s b m v", "y", { epsilon: 1e-3 })],
  },
  { constants: { s: noise([3]), b: noise([3]) }, nodes: [op("InstanceNormalization", "x s b", "y")] },
  { constants: { s: noise([3]), b: noise([3]) }, nodes: [op("GroupNormalization", "x s b", "y", { num_groups: 3 })] },
  { constants: { s: noise([8]) }, nodes: [op("LayerNormalization", "x s", "y", { axis: -1 }), op("LRN", "y", "z", { size: 3 })] },
  {
    constants: { p: ints(0, 0, 1, 1, 0, 0, 2, 2), v: scalar(1) },
    nodes: [op("Pad", "x p v", "y"), op("Pad", "y p", "z", { mode: "reflect" })],
  },
  {
    constants: { s: ints(1, 3, 5, 12) },
    nodes: [op("Resize", "x _ _ s", "y", { mode: "linear", coordinate_transformation_mode: "align_corners" })],
  },
  {
    constants: { s: Tensor.float32([4], Float32Array.of(1, 1, 2, 1.5)) },
    nodes: [op("Resize", "x _ s", "y", { mode: "cubic" }), op("Upsample", "x s", "z")],
    opset: 11,
  },
  { constants: { s: ints(0, -1, 4) }, nodes: [op("Reshape", "x s", "y"), op("Transpose", "y", "z", { perm: [2, 0, 1] })] },
  {
    constants: { a: ints(0, 3), b: ints(1, 2), c: ints(8, -1), d: ints(2, 3), e: ints(2, 1) },
    nodes: [op("Unsqueeze", "x a", "u"), op("Slice", "x b c d e", "y")],
  },
  { constants: { s: ints(1, 2) }, nodes: [op("Split", "x s", "y z", { axis: 1 }), op("Concat", "z y", "o", { axis: 1 })] },
  { constants: { s: ints(2, 1, 8, 8), r: ints(1, 2, 1, 1) }, nodes: [op("Expand", "x s", "y"), op("Tile", "y r", "z")] },
  { constants: { i: ints(2, 0, -1) }, nodes: [op("Gather", "x i", "y", { axis: 1 }), op("ArgMax", "y", "z", { axis: 1, keepdims: 0 })] },
  {
    inputs: { x: [2, 3] },
    constants: { i: Tensor.int64([2, 1], [0, 2]), u: noise([2, 1]) },
    nodes: [op("ScatterElements", "x i u", "y", { axis: 1, reduction: "add" }), op("GatherElements", "y i", "z", { axis: 1 })],
  },
  {
    inputs: { x: [4, 3] },
    constants: { i: Tensor.int64([2, 1], [0, 2]), u: noise([2, 3]) },
    nodes: [op("ScatterND", "x i u", "y"), op("GatherND", "y i", "z")],
  },
  { constants: { k: ints(2) }, nodes: [op("TopK", "x k", "y i", { axis: 1 })] },
  { constants: { a: ints(2, 3) }, nodes: [op("ReduceMean", "x a", "y", { keepdims: 0 }), op("ReduceL2", "x a", "z")] },
  { constants: { a: whole(1) }, nodes: [op("Softmax", "x", "y", { axis: 1 }), op("CumSum", "y a", "z", { reverse: 1 })] },
  { constants: { l: scalar(0), h: scalar(6) }, nodes: [op("Clip", "x l h", "y"), op("HardSigmoid", "y", "z", { alpha: 0.2 })] },
  { constants: { s: noise([3, 1, 1]) }, nodes: [op("PRelu", "x s", "y"), op("Dropout", "y", "z")] },
  { inputs: { x: [1, 4, 2, 2] }, nodes: [op("DepthToSpace", "x", "y", { blocksize: 2 }), op("SpaceToDepth", "y", "z", { blocksize: 2 })] },
  { constants: { g: noise([1, 4, 4, 2]) }, nodes: [op("GridSample", "x g", "y", { align_corners: 1 })] },
  { inputs: { x: [1, 2, 3] }, constants: { s: ints(1, 1, 4, 4) }, nodes: [op("AffineGrid", "x s", "y")] },
  { constants: { r: noise([2, 4]), b: ints(0, 0) }, nodes: [op("RoiAlign", "x r b", "y", { output_height: 2, output_width: 2 })] },
  {
    inputs: { x: [3, 1, 4] },
    constants: { w: noise([1, 20, 4]), r: noise([1, 20, 5]) },
    nodes: [op("LSTM", "x w r", "y h c", { hidden_size: 5 })],
  },
  {
    inputs: { x: [3, 1, 4] },
    constants: { w: noise([2, 15, 4]), r: noise([2, 15, 5]) },
    nodes: [op("GRU", "x w r", "y", { hidden_size: 5, direction: "bidirectional" })],
  },
  { inputs: { x: [1, 2, 3, 4] }, nodes: [op("Attention", "x x x", "y", { is_causal: 1 })], opset: 24 },
  { inputs: { x: [1, 8, 1] }, constants: { a: whole(1) }, nodes: [op("DFT", "x _ a", "y")] },
  { inputs: { x: [1, 4, 9] }, constants: { s: ints(5, 5), k: ints(2, 2) }, nodes: [op("Col2Im", "x s k", "y", { strides: [2, 2] })] },
  {
    constants: { a: whole(0), b: whole(9), c: whole(2), s: ints(2, 3) },
    nodes: [op("Range", "a b c", "r"), op("ConstantOfShape", "s", "f"), op("Shape", "x", "z"), op("Identity", "x", "y")],
    outputs: ["r", "f", "z", "y"],
  },
  {
    constants: { d: whole(5), v: noise([2]), i: ints(1, 4) },
    nodes: [op("OneHot", "i d v", "h"), op("Cast", "x", "y", { to: 7 }), op("Trilu", "x", "z")],
    outputs: ["h", "y", "z"],
  },
  {
    inputs: { x: [4] },
    constants: { c: flags(1, 0, 1, 1) },
    nodes: [op("Compress", "x c", "y", { axis: 0 }), op("Where", "c x x", "w"), op("NonZero", "x", "n"), op("Unique", "x", "u")],
    outputs: ["y", "w", "n", "u"],
  },
  { inputs: { x: [1, 5, 4] }, constants: { s: noise([1, 2, 5]), m: ints(3) }, nodes: [op("NonMaxSuppression", "x s m", "y")] },
  {
    inputs: { x: [2, 4] },
    constants: { s: scalar(0.1), z: Tensor.from("uint8", [], [7]) },
    nodes: [op("QuantizeLinear", "x s z", "q"), op("DequantizeLinear", "q s z", "y")],
  },
];

/** A function, a branch and a loop, whose bodies the writer of graphs does not know. */
function withBodies(): readonly Uint8Array[] {
  const type = (elemType: number, ...extents: number[]) => ({
    tensorType: { elemType, shape: { dim: extents.map((dimValue) => ({ dimValue })) } },
  });
  const node = (opType: string, input: string[], output: string[], attribute: object[] = [], domain = "") => ({
    opType,
    input,
    output,
    attribute,
    domain,
  });
  const body = (nodes: object[], input: string[], output: string[]) => ({
    name: "body",
    node: nodes,
    input: input.map((name) => ({ name })),
    output: output.map((name) => ({ name })),
  });
  const file = (graph: object, rest: object = {}) =>
    encodeModelProto({
      irVersion: 8,
      opsetImport: [
        { domain: "", version: 21 },
        { domain: "own", version: 1 },
      ],
      graph: { name: "g", input: [{ name: "x", type: type(1, 1, 3, 4, 4) }], output: [{ name: "y", type: type(1) }], ...graph },
      ...rest,
    });
  const number = (name: string, dataType: number, bytes: number[]) => ({ name, dataType, dims: [], rawData: Uint8Array.from(bytes) });
  const step = body([node("Add", ["s", "s"], ["t"]), node("Identity", ["c"], ["d"])], ["i", "c", "s"], ["d", "t"]);
  return [
    file(
      { node: [node("Twice", ["x"], ["m"], [], "own"), node("Twice", ["m"], ["y"], [], "own")] },
      {
        functions: [
          {
            name: "Twice",
            domain: "own",
            input: ["a"],
            output: ["b"],
            node: [node("Add", ["a", "a"], ["b"])],
            opsetImport: [{ domain: "", version: 21 }],
          },
        ],
      },
    ),
    file({
      initializer: [number("c", 9, [1])],
      node: [
        node(
          "If",
          ["c"],
          ["y"],
          [
            { name: "then_branch", type: 5, g: body([node("Relu", ["x"], ["r"])], [], ["r"]) },
            { name: "else_branch", type: 5, g: body([node("Neg", ["x"], ["n"])], [], ["n"]) },
          ],
        ),
      ],
    }),
    file({
      initializer: [number("n", 7, [3, 0, 0, 0, 0, 0, 0, 0]), number("c", 9, [1])],
      node: [node("Loop", ["n", "c", "x"], ["y"], [{ name: "body", type: 5, g: step }])],
    }),
  ];
}

/** Larger files take longer and are damaged in their weights most of the time. */
const largest = 20_000;

export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** In an order that is the same on every machine that has the same files. @param isOwn without the shared folder's */
export function seeds({ isOwn = false } = {}): readonly Seed[] {
  const own = [
    ...single.map((lines) => ({ name: lines.nodes.map(({ operator }) => operator).join("+"), bytes: encodeModel(graphOf(lines)) })),
    ...Object.entries(smallNetworks).map(([name, { graph }]) => ({ name, bytes: encodeModel(graph) })),
    ...withBodies().map((bytes, i) => ({ name: ["function", "branch", "loop"][i] as string, bytes })),
  ];
  const shared = isOwn ? [] : everyDataFile("onnx", ".onnx").concat(everyDataFile("hostile", ".onnx"));
  return [...own, ...shared.map((name) => ({ name, bytes: readData(name) as Uint8Array }))].filter(
    ({ bytes }) => bytes.length <= largest && isModel(bytes),
  );
}

function isModel(bytes: Uint8Array): boolean {
  try {
    return decodeModelProto(bytes).graph.node !== undefined;
  } catch {
    return false;
  }
}

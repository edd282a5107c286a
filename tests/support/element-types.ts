// Which element types ONNX allows an operator's inputs to have, in opset 17 or in the first that has it; and a case of each operator for any of them.
import type { AttributeValue } from "../../src/engine/graph/graph.ts";
import { sizeOf } from "../../src/engine/shapes.ts";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";
import type { OperatorCase } from "./operator-case.ts";

/** The types that Convcam computes with; float64 and bfloat16 are floats like others. */
export const types = "float32 float16 int8 uint8 int16 uint16 int32 uint32 int64 uint64 bool".split(" ") as DataType[];

const integers = types.filter((dtype) => dtype.includes("int"));
const listed = (names: string) => names.split(" ") as DataType[];
const classes: Readonly<Record<string, readonly DataType[]>> = {
  any: types,
  float: listed("float32 float16"),
  number: types.filter((dtype) => dtype !== "bool"),
  integer: integers,
  unsigned: listed("uint8 uint16 uint32 uint64"),
  signed: listed("float32 float16 int8 int16 int32 int64"),
  /** Without integers of 8 and 16 bits. */
  wide: listed("float32 float16 int32 uint32 int64 uint64"),
  /** Without those of 16 bits. */
  ordered: listed("float32 float16 int8 uint8 int32 uint32 int64 uint64"),
  bytes: listed("float32 float16 int8 uint8"),
  base: listed("float32 float16 int32 int64"),
  counted: listed("float32 int16 int32 int64"),
  index: listed("int32 int64"),
  int64: ["int64"],
  float32: ["float32"],
  bool: ["bool"],
};

/** The inputs' classes, as ONNX's schemas have them; `=0` is the type of input 0. */
const table: Readonly<Record<string, string>> = {
  any: "Cast DepthToSpace EyeLike Flatten Identity NonZero Shape Size SpaceToDepth Transpose Unique",
  "any =0": "Concat Equal GridSample",
  "any bool": "Compress",
  "any float float32 int64": "Resize",
  "any index": "Gather GatherElements",
  "any index =0": "ScatterElements",
  "any index =1 =1 =1": "Slice",
  "any int64": "Expand GatherND Reshape ReverseSequence Split Squeeze Tile Trilu Unsqueeze",
  "any int64 =0": "Pad ScatterND",
  "base number": "Pow",
  bool: "Not",
  "bool =0": "And Or Xor",
  "bool any =1": "Where",
  bytes: "MaxPool",
  "counted =0 =0": "Range",
  ordered: "ReduceMax ReduceMin",
  float:
    "AveragePool Ceil Elu Erf Exp Floor GlobalAveragePool GlobalMaxPool Hardmax IsNaN LRN LeakyRelu LogSoftmax Reciprocal Round Sigmoid Softmax Softplus Sqrt Tanh Gelu Mish",
  "float =0": "Mean Sum",
  "float =0 =0": "Conv ConvTranspose InstanceNormalization LayerNormalization",
  "float =0 int64": "RoiAlign",
  "float float =1 float =3": "BatchNormalization",
  "float float bool": "Dropout",
  integer: "BitwiseNot",
  "integer =0": "BitwiseAnd BitwiseOr BitwiseXor",
  number: "Abs ArgMax ArgMin Sign",
  "number =0": "Add Div Einsum Greater GreaterOrEqual Less LessOrEqual Max Min Mod Mul Sub",
  "number =0 =0": "Clip",
  "number int64": "TopK",
  "number number any": "OneHot",
  signed: "Neg Relu",
  "unsigned =0": "BitShift",
  wide: "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMean ReduceProd ReduceSumSquare",
  "wide =0": "MatMul PRelu",
  "wide =0 =0": "Gemm",
  "wide index": "CumSum",
  "wide int64": "ReduceSum",
};

const slots = new Map(Object.entries(table).flatMap(([row, names]) => names.split(" ").map((name) => [name, row.split(" ")] as const)));

/** Whose type an input has: its own, or that of an input before it. */
export function leaderOf(operator: string, input: number): number {
  const row = slots.get(operator) as readonly string[];
  const slot = row[Math.min(input, row.length - 1)] as string;
  return slot.startsWith("=") ? Number(slot.slice(1)) : input;
}

/** What an input may be. */
export function allowedFor(operator: string, input: number): readonly DataType[] {
  return classes[slots.get(operator)?.[leaderOf(operator, input)] ?? ""] as readonly DataType[];
}

/** Numbers of a type: its bounds among them, and what wraps around where it is added or multiplied. */
const samples: Readonly<Partial<Record<DataType, readonly number[]>>> = {
  int8: [-128, -100, -7, -1, 0, 1, 2, 5, 77, 100, 126, 127],
  uint8: [0, 1, 2, 3, 7, 100, 127, 128, 200, 250, 254, 255],
  int16: [-32768, -30000, -300, -1, 0, 1, 2, 5, 200, 300, 30000, 32767],
  uint16: [0, 1, 2, 3, 7, 100, 255, 256, 30000, 40000, 65534, 65535],
  int32: [-2147483648, -70000, -300, -1, 0, 1, 2, 5, 200, 70000, 50000, 2147483647],
  uint32: [0, 1, 2, 3, 7, 100, 255, 256, 70000, 3000000000, 4294967294, 4294967295],
  // As many bits as the GPU has; nothing here goes beyond them.
  int64: [-9000, -700, -300, -1, 0, 1, 2, 5, 200, 7000, 5000, 9001],
  uint64: [0, 1, 2, 3, 7, 100, 255, 256, 7000, 3000, 9999, 10001],
  bool: [0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0],
};
const floats = [-2.5, -1, 0, 0.5, 1, 2, 3, 4, 5, 6, 7, 8];

/** An input of any type. */
interface Slot {
  readonly make: (dtype: DataType) => Tensor;
  readonly isKnown?: boolean;
}

const cycled = (dtype: DataType, shape: readonly number[], of: (i: number) => number) =>
  Tensor.from(
    dtype,
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => of(i)),
  );
const numberAt = (dtype: DataType, i: number) => (samples[dtype] ?? floats)[i % 12] as number;
const values = (shape: readonly number[], shift = 0): Slot => ({
  make: (dtype) => cycled(dtype, shape, (i) => numberAt(dtype, i * 5 + shift)),
});
/** Without 0, and −1, by which the least number cannot be divided. */
const divisors = (shape: readonly number[]): Slot => ({
  make: (dtype) => cycled(dtype, shape, (i) => [0, -1].reduce((value, no) => (value === no ? 3 : value), numberAt(dtype, i * 5 + 3))),
});
const small = (shape: readonly number[], limit = 4): Slot => ({ make: (dtype) => cycled(dtype, shape, (i) => (i * 3 + 1) % limit) });
const list = (...numbers: number[]): Slot => ({ make: (dtype) => Tensor.from(dtype, [numbers.length], numbers), isKnown: true });
const one = (number: number): Slot => ({ make: (dtype) => Tensor.from(dtype, [], [number]), isKnown: true });
/** The number at a place among a type's samples. */
const sample = (at: number): Slot => ({ make: (dtype) => Tensor.from(dtype, [], [numberAt(dtype, at)]) });
const places = (shape: readonly number[], ...numbers: number[]): Slot => ({ make: (dtype) => Tensor.from(dtype, shape, numbers) });

export interface TypedCase {
  readonly operator: string;
  readonly inputs: readonly (Slot | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs?: number;
}

const grid = [4, 3];
const two = [values(grid), values(grid, 3)];
const map = values([1, 2, 5, 6]);
const each = (names: string, ...inputs: readonly Slot[]): readonly TypedCase[] =>
  names.split(" ").map((operator) => ({ operator, inputs }));
const windows = [
  { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
  { kernel_shape: [6, 6], pads: [2, 2, 2, 2] },
];

export const typedCases: readonly TypedCase[] = [
  ...each(
    "Add Sub Mul Min Max Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor BitwiseAnd BitwiseOr BitwiseXor Sum Mean PRelu",
    ...two,
  ),
  ...each("Div", values(grid), divisors(grid)),
  ...[0, 1].map((fmod) => ({ operator: "Mod", inputs: [values(grid), divisors(grid)], attributes: { fmod } })),
  { operator: "Pow", inputs: [small(grid, 6), small(grid)] },
  ...["LEFT", "RIGHT"].map((direction) => ({ operator: "BitShift", inputs: [values(grid), small(grid)], attributes: { direction } })),
  ...each("Abs Neg Sign Relu Not BitwiseNot Identity Flatten Size Shape Transpose", values(grid)),
  ...each(
    "Ceil Elu Erf Exp Floor Hardmax IsNaN LeakyRelu LogSoftmax Reciprocal Round Sigmoid Softmax Softplus Sqrt Tanh Gelu Mish NonZero Unique",
    values(grid),
  ),
  { operator: "Where", inputs: [values(grid), ...two] },
  { operator: "Clip", inputs: [values(grid), sample(2), sample(9)] },
  { operator: "Clip", inputs: [values(grid), sample(2)] },
  { operator: "Clip", inputs: [values(grid), undefined, sample(9)] },
  { operator: "Gather", inputs: [values(grid), places([3], 2, 0, 1)] },
  { operator: "GatherElements", inputs: [values(grid), places([2, 3], 0, 1, 2, 3, 2, 1)] },
  { operator: "GatherND", inputs: [values(grid), places([2, 2], 0, 1, 2, 2)] },
  ...["none", "add", "mul"].flatMap((reduction) => [
    { operator: "ScatterElements", inputs: [values(grid), places([2, 3], 0, 1, 2, 3, 2, 1), small([2, 3], 6)], attributes: { reduction } },
    { operator: "ScatterND", inputs: [values(grid), places([2, 1], 0, 2), small([2, 3], 6)], attributes: { reduction } },
  ]),
  { operator: "Concat", inputs: two, attributes: { axis: 1 } },
  { operator: "Slice", inputs: [values([4, 6]), list(4), list(0), list(1), list(-2)] },
  { operator: "Split", inputs: [values([4, 6]), list(2, 4)], attributes: { axis: 1 }, outputs: 2 },
  { operator: "Tile", inputs: [values(grid), list(2, 3)] },
  { operator: "Expand", inputs: [values([4, 1]), list(4, 3)] },
  { operator: "Reshape", inputs: [values(grid), list(2, 6)] },
  { operator: "Squeeze", inputs: [values([1, 4, 3]), list(0)] },
  { operator: "Unsqueeze", inputs: [values(grid), list(0)] },
  ...[sample(11), { ...sample(11), isKnown: true }].map((fill) => ({ operator: "Pad", inputs: [values(grid), list(1, 1, 0, 2), fill] })),
  ...["reflect", "edge"].map((mode) => ({ operator: "Pad", inputs: [values(grid), list(1, 1, 0, 2)], attributes: { mode } })),
  { operator: "Resize", inputs: [values([1, 1, 3, 4]), undefined, undefined, list(1, 1, 6, 9)], attributes: { mode: "nearest" } },
  { operator: "Resize", inputs: [values([1, 1, 3, 4]), undefined, list(1, 1, 0.5, 1.5)], attributes: { mode: "nearest" } },
  { operator: "DepthToSpace", inputs: [values([1, 4, 3, 3])], attributes: { blocksize: 2 } },
  { operator: "SpaceToDepth", inputs: [values([1, 1, 4, 6])], attributes: { blocksize: 2 } },
  ..."Mean Max Min Prod L1 L2 SumSquare LogSum LogSumExp".split(" ").map((kind) => ({
    operator: `Reduce${kind}`,
    inputs: [small(grid, 6)],
    attributes: { axes: [1] },
  })),
  { operator: "ReduceSum", inputs: [values(grid), list(1)] },
  ...["ArgMax", "ArgMin"].flatMap((operator) => [
    { operator, inputs: [values([4, 6])], attributes: { axis: 1 } },
    { operator, inputs: [small([5, 7])], attributes: { axis: 0, keepdims: 0 } },
    { operator, inputs: [small([5, 7])], attributes: { axis: -1, select_last_index: 1 } },
  ]),
  { operator: "TopK", inputs: [values([3, 12]), list(3)], outputs: 2 },
  { operator: "CumSum", inputs: [values([3, 4]), one(1)] },
  ...windows.map((attributes) => ({ operator: "MaxPool", inputs: [map], attributes })),
  { operator: "MaxPool", inputs: [values([1, 2, 8])], attributes: { kernel_shape: [3], strides: [2], ceil_mode: 1 } },
  { operator: "MaxPool", inputs: [map], attributes: { kernel_shape: [2, 2] }, outputs: 2 },
  { operator: "AveragePool", inputs: [map], attributes: { kernel_shape: [2, 2] } },
  ...each("GlobalMaxPool GlobalAveragePool", map),
  { operator: "LRN", inputs: [map], attributes: { size: 3 } },
  { operator: "MatMul", inputs: [values([3, 4]), values([4, 2])] },
  { operator: "Gemm", inputs: [values([3, 4]), values([4, 2]), values([2])] },
  { operator: "Einsum", inputs: [values([3, 4]), values([4, 2])], attributes: { equation: "ij,jk->ik" } },
  ...each("Conv ConvTranspose", map, values([2, 2, 3, 3]), values([2])),
  { operator: "InstanceNormalization", inputs: [map, small([2]), small([2])] },
  { operator: "LayerNormalization", inputs: [map, small([6]), small([6])] },
  { operator: "BatchNormalization", inputs: [map, small([2]), small([2]), small([2]), small([2])] },
  { operator: "GridSample", inputs: [map, small([1, 2, 2, 2])] },
  { operator: "RoiAlign", inputs: [map, small([1, 4]), places([1], 0)] },
  { operator: "OneHot", inputs: [places([3], 0, 2, 1), one(4), values([2])] },
  { operator: "Trilu", inputs: [values([3, 4]), one(1)] },
  { operator: "EyeLike", inputs: [values([3, 4])] },
  { operator: "ReverseSequence", inputs: [values([3, 4]), places([4], 1, 2, 3, 2)] },
  { operator: "Compress", inputs: [values([3, 4]), places([4], 1, 0, 1, 1)], attributes: { axis: 1 } },
  { operator: "Range", inputs: [one(1), one(9), one(2)] },
  { operator: "Dropout", inputs: [values(grid), one(0.5), one(0)] },
  ...[1, 2, 3, 4, 5, 6, 7, 9, 12].map((to) => ({ operator: "Cast", inputs: [values(grid)], attributes: { to } })),
];

/** Operators that opset 17 does not have. */
const later = new Set(["BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot", "Gelu", "Mish"]);

/** The case with inputs of these types, by index; others have the first that ONNX allows. */
export function withTypes({ inputs, ...rest }: TypedCase, given: ReadonlyMap<number, DataType>): OperatorCase {
  const { operator } = rest;
  const typeOf = (input: number) =>
    given.get(input) ?? given.get(leaderOf(operator, input)) ?? (allowedFor(operator, input)[0] as DataType);
  return {
    ...rest,
    why: "",
    opset: later.has(operator) ? 20 : 17,
    inputs: inputs.map((slot, i) => slot?.make(typeOf(i))),
    known: inputs.flatMap((slot, i) => (slot?.isKnown ? [i] : [])),
  };
}

export function nameOf({ operator, attributes, inputs }: TypedCase): string {
  return `${operator} ${JSON.stringify(attributes ?? {})} of ${inputs.length}`;
}

// Changes to the bytes of an .onnx file, chosen by a seed: of single bytes, of the protobuf tree, and of what the network means.
import { decodeModelProto } from "../../src/engine/onnx/proto.ts";
import { fieldsOf, type MessageName, type ScalarType } from "../../src/engine/onnx/proto-schema.ts";
import { ProtoWriter } from "../../src/engine/onnx/proto-writer.ts";

/** A whole number from 0 on, below `bound`. */
export type Random = (bound: number) => number;

type Loose = Record<string, unknown>;

/** Mulberry32: a few lines, and the same numbers everywhere. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;

const wholes = [
  0,
  1,
  -1,
  2,
  3,
  4,
  5,
  7,
  8,
  16,
  100,
  255,
  256,
  1000,
  65535,
  65536,
  1e6,
  1e9,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2n ** 63n - 1n,
  -(2n ** 63n),
] as const;
const floats = [0, -0, 1, -1, 0.5, 2, 1e-45, 1e-20, 1e9, 3.4e38, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
const words = [
  "",
  "x",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "\u0000",
  "\u001b[31m",
  "a".repeat(300),
  "é",
  "NOTSET",
  "SAME_UPPER",
  "VALID",
  "linear",
  "cubic",
  "reflect",
  "ai.onnx",
  "com.microsoft",
  "convcam",
];

/** Attributes that most operators read. */
const attributes =
  "axis axes perm pads strides dilations kernel_shape group mode to value alpha beta epsilon keepdims output_padding output_shape auto_pad ceil_mode count_include_pad num_groups blocksize size scales split num_outputs allowzero transA transB k largest select_last_index noop_with_empty_axes coordinate_transformation_mode nearest_mode align_corners padding_mode hidden_size direction equation block_size exclusive reverse storage_order spatial is_test training_mode broadcast dtype batch_axis time_axis".split(
    " ",
  );
const operators =
  "Conv ConvTranspose MaxPool AveragePool GlobalAveragePool Gemm MatMul Add Mul Div Concat Split Slice Pad Resize Upsample Reshape Transpose Squeeze Unsqueeze Flatten Expand Tile Gather GatherElements GatherND ScatterND ScatterElements TopK ArgMax ReduceMean ReduceSum Softmax LogSoftmax BatchNormalization InstanceNormalization GroupNormalization LayerNormalization LRN Clip Cast Constant ConstantOfShape Range Shape Size Identity Dropout Where Equal If Loop Scan SequenceAt ConcatFromSequence LSTM GRU RNN Einsum CumSum OneHot EyeLike Trilu DepthToSpace SpaceToDepth GridSample AffineGrid RoiAlign DeformConv MaxUnpool Col2Im DFT STFT Attention NonZero Compress Unique NonMaxSuppression QuantizeLinear DequantizeLinear QLinearConv ConvInteger Mod Pow BitShift Relu Gelu PRelu".split(
    " ",
  );

/** One of three kinds of change, or several of them. @param others files to take parts of */
export function mutate(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  const kind = random(4);
  if (kind === 0) return mutateBytes(bytes, random, others);
  const model = decodeModelProto(bytes) as Loose;
  const times = 1 + random(random(4) === 0 ? 6 : 2);
  for (let i = 0; i < times; i++) {
    if (kind === 1) mutateTree(model, random);
    else mutateMeaning(model, random);
  }
  try {
    return new ProtoWriter().message("ModelProto", model).finish();
  } catch {
    // A number that the field cannot hold: then bytes are changed.
    return mutateBytes(bytes, random, others);
  }
}

function mutateBytes(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let result = [...bytes.subarray(0, 100_000)];
  const times = 1 + random(8);
  for (let i = 0; i < times; i++) {
    const at = random(result.length + 1);
    const kind = random(7);
    if (kind === 0) result[random(Math.max(1, result.length))] = random(256);
    else if (kind === 1 && result.length > 0) result[random(result.length)] = (result[random(result.length)] as number) ^ (1 << random(8));
    else if (kind === 2) result = result.slice(0, at);
    else if (kind === 3) result.splice(at, 0, ...Array.from({ length: 1 + random(8) }, () => random(256)));
    else if (kind === 4) result.splice(at, 1 + random(16));
    else if (kind === 5) result.splice(at, 0, ...result.slice(at, at + 1 + random(64)));
    else {
      const other = pick(random, others);
      const from = random(other.length);
      result.splice(at, random(32), ...other.subarray(from, from + 1 + random(64)));
    }
  }
  return Uint8Array.from(result);
}

interface Place {
  readonly type: MessageName;
  readonly message: Loose;
}

/** Every message of the tree, the outermost first. */
function placesIn(type: MessageName, message: Loose, found: Place[] = []): readonly Place[] {
  found.push({ type, message });
  for (const field of fieldsOf(type)) {
    const value = message[field.name];
    if (!field.message || value === undefined) continue;
    for (const inner of field.isRepeated ? (value as Loose[]) : [value as Loose]) placesIn(field.message, inner, found);
  }
  return found;
}

function scalarOf(kind: ScalarType, random: Random): unknown {
  if (kind === "string") return pick(random, words);
  if (kind === "bytes")
    return random(2) === 0 ? new TextEncoder().encode(pick(random, words)) : Uint8Array.from({ length: random(20) }, () => random(256));
  if (kind === "float" || kind === "double") return pick(random, floats);
  return kind === "int32" ? pick(random, [0, 1, 2, 3, 6, 7, 9, 10, 11, 13, 16, 17, 21, 22, 99, -1]) : pick(random, wholes);
}

/** Takes away, repeats, swaps, replaces or adds a field of some message, whatever it means. */
function mutateTree(model: Loose, random: Random): void {
  const places = placesIn("ModelProto", model);
  const { type, message } = pick(random, places);
  const field = pick(random, fieldsOf(type));
  const value = message[field.name];
  const made = () => {
    if (field.scalar) return scalarOf(field.scalar, random);
    const like = places.filter((place) => place.type === field.message);
    return like.length > 0 && random(3) > 0 ? structuredClone(pick(random, like).message) : {};
  };
  if (!field.isRepeated) {
    if (value !== undefined && random(3) === 0) delete message[field.name];
    else message[field.name] = made();
    return;
  }
  const list = [...((value as unknown[] | undefined) ?? [])];
  const at = random(list.length + 1);
  const kind = random(5);
  if (kind === 0) list.splice(at, 1);
  else if (kind === 1) list.splice(at, 0, made());
  else if (kind === 2 && list.length > 0) list[at % list.length] = made();
  else if (kind === 3 && list.length > 1) list.push(list.shift());
  else if (list.length > 0) list.push(...Array.from({ length: random(20) === 0 ? 500 : 1 }, () => structuredClone(list[at % list.length])));
  message[field.name] = list;
}

const listOf = (message: Loose, name: string): Loose[] => {
  message[name] = [...((message[name] as Loose[] | undefined) ?? [])];
  return message[name] as Loose[];
};

/** Changes names, operators, attributes, extents, types and numbers so that the file stays a model. */
function mutateMeaning(model: Loose, random: Random): void {
  const places = placesIn("ModelProto", model);
  const ofType = (type: MessageName) => places.filter((place) => place.type === type).map(({ message }) => message);
  const [nodes, tensors] = [ofType("NodeProto"), ofType("TensorProto")];
  const names = [...new Set([...nodes.flatMap(({ input = [], output = [] }) => [...(input as string[]), ...(output as string[])]), "x"])];
  const node = nodes.length > 0 ? pick(random, nodes) : {};
  const tensor = tensors.length > 0 ? pick(random, tensors) : {};
  const changeName = (list: string) => {
    const all = listOf(node, list) as unknown as string[];
    all[random(all.length + 1)] = random(4) === 0 ? pick(random, words) : pick(random, names);
    for (let i = 0; i < all.length; i++) all[i] ??= "";
  };
  const changes: (() => unknown)[] = [
    () => changeName("input"),
    () => changeName("output"),
    () => void listOf(node, "input").splice(random(3), 1),
    () => Object.assign(node, { opType: pick(random, operators) }),
    () => Object.assign(node, { opType: pick(random, nodes.length > 0 ? nodes : [{ opType: "Relu" }])["opType"] }),
    () => mutateAttribute(node, random),
    () => mutateAttribute(node, random),
    () => mutateAttribute(node, random),
    () => Object.assign(tensor, { dims: Array.from({ length: random(5) }, () => pick(random, random(2) === 0 ? [1, 2, 3, 4] : wholes)) }),
    () => Object.assign(tensor, { dataType: random(24) }),
    () => changeNumbers(tensor, random),
    () => changeNumbers(tensor, random),
    () => {
      const dims = ofType("Dimension");
      if (dims.length > 0)
        Object.assign(pick(random, dims), random(6) === 0 ? { dimParam: "n", dimValue: undefined } : { dimValue: pick(random, wholes) });
    },
    () => {
      const types = ofType("TensorType");
      if (types.length > 0) pick(random, types)["elemType"] = random(24);
    },
    () => Object.assign(model, { opsetImport: [{ domain: "", version: 1 + random(30) }] }),
    () => {
      const graphs = ofType("GraphProto");
      const list = listOf(pick(random, graphs), "node");
      if (list.length > 0) list.push(...Array.from({ length: random(30) === 0 ? 2000 : 1 }, () => structuredClone(pick(random, list))));
    },
  ];
  pick(random, changes)();
}

function mutateAttribute(node: Loose, random: Random): void {
  const list = listOf(node, "attribute");
  const known = list.length > 0 && random(3) > 0;
  const attribute: Loose = known ? pick(random, list) : { name: pick(random, attributes) };
  const kind = random(5);
  const small = () => pick(random, random(2) === 0 ? [0, 1, 2, 3, -1] : wholes);
  if (kind === 0) Object.assign(attribute, { type: 2, i: small() });
  else if (kind === 1) Object.assign(attribute, { type: 7, ints: Array.from({ length: random(7) }, small) });
  else if (kind === 2) Object.assign(attribute, { type: 1, f: pick(random, floats) });
  else if (kind === 3) Object.assign(attribute, { type: 3, s: new TextEncoder().encode(pick(random, words)) });
  else if (known) list.splice(list.indexOf(attribute), 1);
  if (!known) list.push(attribute);
}

/** Bytes of weights are damaged, cut or made longer; shapes and indices become other numbers. */
function changeNumbers(tensor: Loose, random: Random): void {
  const raw = tensor["rawData"] as Uint8Array | undefined;
  if (!raw) {
    for (const name of ["int64Data", "floatData", "int32Data"])
      if (tensor[name])
        tensor[name] = (tensor[name] as unknown[]).map((value) =>
          random(2) === 0
            ? value
            : pick(random, name === "floatData" ? floats : name === "int32Data" ? [0, 1, -1, 300, 2 ** 31 - 1] : wholes),
        );
    return;
  }
  const copy = Uint8Array.from(raw);
  const kind = random(4);
  if (kind === 0) tensor["rawData"] = copy.subarray(0, random(copy.length + 1));
  else if (kind === 1) tensor["rawData"] = Uint8Array.from({ length: copy.length + random(16) }, (_, i) => copy[i] ?? 0);
  else if (tensor["dataType"] === 7 && copy.length >= 8) {
    const view = new DataView(copy.buffer);
    view.setBigInt64(8 * random(Math.floor(copy.length / 8)), BigInt.asIntN(64, BigInt(pick(random, wholes))), true);
    tensor["rawData"] = copy;
  } else {
    for (let i = 0; i < 4 && copy.length > 0; i++) copy[random(copy.length)] = pick(random, [0, 0x7f, 0x80, 0xff, random(256)]);
    tensor["rawData"] = copy;
  }
}

// ONNX's protobuf messages to bytes and back. The one file that touches onnx-proto and protobufjs.
import onnxProto, { type onnx } from "onnx-proto";
import protobuf from "protobufjs/minimal.js";
import { ModelError, UnsupportedError } from "../errors.ts";

export type ModelProto = onnx.IModelProto;
export type GraphProto = onnx.IGraphProto;
export type NodeProto = onnx.INodeProto;
export type FunctionProto = onnx.IFunctionProto;
export type AttributeProto = onnx.IAttributeProto;
export type TensorProto = onnx.ITensorProto;
export type ValueInfoProto = onnx.IValueInfoProto;

const messages = onnxProto.onnx;

/** A protobuf int64 or uint64 as protobufjs delivers it: a number, or two 32-bit halves. */
export type Int64 = number | { readonly low: number; readonly high: number; readonly unsigned: boolean };

/** Exact. */
export function int64ToBigInt(value: Int64): bigint {
  if (typeof value === "number") return BigInt(value);
  const high = value.unsigned ? value.high >>> 0 : value.high;
  return (BigInt(high) << 32n) | BigInt(value.low >>> 0);
}

/** Exact up to 2⁵³, else rounded to the nearest float64. */
export function int64ToNumber(value: Int64): number {
  if (typeof value === "number") return value;
  return (value.unsigned ? value.high >>> 0 : value.high) * 2 ** 32 + (value.low >>> 0);
}

/** The int64 nearest to an integer, so that ±INT64_MAX sentinels survive having been numbers. */
export function numberToInt64(value: number): Int64 {
  if (Number.isSafeInteger(value)) return value;
  const exact = value >= 2 ** 63 ? 2n ** 63n - 1n : value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(value);
  return { low: Number(BigInt.asIntN(32, exact)), high: Number(exact >> 32n), unsigned: false };
}

/**
 * Decodes a model. Bytes fields, such as raw tensor data, are views of `bytes`.
 *
 * @throws ModelError when the bytes are not a whole ONNX model
 */
export function decodeModelProto(bytes: Uint8Array): ModelProto & { readonly graph: GraphProto } {
  const { graph, ...rest } = decode(bytes, "model", (reader) => messages.ModelProto.decode(reader));
  if (!graph) throw refusal(bytes, "model", `its ${bytes.byteLength} bytes hold no graph`);
  return { ...rest, graph };
}

/**
 * Decodes a lone tensor, such as the `.pb` files beside ONNX's test models.
 *
 * @throws ModelError when the bytes are not a whole TensorProto, UnsupportedError when they are a sequence or an optional
 */
export function decodeTensorProto(bytes: Uint8Array): TensorProto {
  const fields = decode(bytes, "tensor", topLevelFields);
  // SequenceProto and OptionalProto keep their elements in field 3, where a TensorProto has the long abandoned `segment`.
  if (fields.has(3)) throw new UnsupportedError("The file holds a sequence or an optional, not a tensor. Only tensors are supported.");
  return decode(bytes, "tensor", (reader) => messages.TensorProto.decode(reader));
}

/** Encodes a model with exactly one copy of the initializers' raw data, which may be most of a gigabyte. */
export function encodeModelProto(model: ModelProto & { readonly graph: GraphProto }): Uint8Array {
  const { graph, ...rest } = model;
  const { initializer, ...graphRest } = graph;
  const graphParts = [messages.GraphProto.encode(graphRest).finish()];
  for (const tensor of initializer ?? []) {
    const { rawData, ...tensorRest } = tensor;
    const tensorParts = [messages.TensorProto.encode(tensorRest).finish()];
    if (rawData) tensorParts.push(fieldHeader(9, rawData.byteLength), rawData);
    graphParts.push(fieldHeader(5, totalBytes(tensorParts)), ...tensorParts);
  }
  // The graph comes last, so that a truncated file never looks whole.
  return concatenate([messages.ModelProto.encode(rest).finish(), fieldHeader(7, totalBytes(graphParts)), ...graphParts]);
}

export function encodeTensorProto(tensor: TensorProto): Uint8Array {
  return concatenate([messages.TensorProto.encode(tensor).finish()]);
}

const exportAgain = "Download it again, or export it again from its framework.";

function decode<T>(bytes: Uint8Array, what: "model" | "tensor", read: (reader: protobuf.Reader) => T): T {
  if (bytes.byteLength === 0) throw new ModelError(`The ${what} file is empty. ${exportAgain}`);
  // A Node Buffer would make protobufjs read into Buffers; a plain view of it behaves the same everywhere.
  const reader = new protobuf.Reader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  try {
    const result = read(reader);
    if (reader.pos === reader.len) return result;
  } catch {
    // protobufjs reports an index out of range, an unknown wire type or a stack overflow: all say the same of the file.
  }
  throw refusal(bytes, what, `decoding stopped at byte ${Math.min(reader.pos, reader.len)} of ${reader.len}`);
}

function refusal(bytes: Uint8Array, what: "model" | "tensor", reason: string): ModelError {
  const guess = signatures.find(({ offset, text }) => startsWith(bytes, offset, text));
  if (guess) return new ModelError(`This is not an ONNX ${what} but ${guess.found}.`);
  return new ModelError(`This is not a whole ONNX ${what}: ${reason}. ${exportAgain}`);
}

/** What people drop instead of an .onnx file, by its first bytes. None of them decodes as a model. */
const signatures: readonly { readonly offset: number; readonly text: string; readonly found: string }[] = [
  { offset: 0, text: "version https://git-lfs", found: "a Git LFS pointer: run `git lfs pull`, or download the file itself" },
  { offset: 0, text: "<", found: "a web page or XML file: check the address it was downloaded from" },
  { offset: 0, text: "{", found: "JSON text" },
  { offset: 0, text: "PK\u0003\u0004", found: "a zip archive (PyTorch .pt and Keras .keras are): unpack it, or export it to ONNX" },
  { offset: 0, text: "\u001f\u008b", found: "a gzip archive: unpack it first" },
  { offset: 0, text: "\u0089HDF", found: "an HDF5 file, as Keras writes: convert it to ONNX with tf2onnx" },
  { offset: 0, text: "\u0080\u0002", found: "a Python pickle, as PyTorch writes: export it with torch.onnx.export" },
  { offset: 4, text: "TFL3", found: "a TensorFlow Lite file: convert it to ONNX with tf2onnx" },
  { offset: 4, text: "ORTM", found: "an ONNX Runtime .ort file: use the .onnx file it was made from" },
];

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
  return [...text].every((character, i) => bytes[offset + i] === character.charCodeAt(0));
}

function topLevelFields(reader: protobuf.Reader): ReadonlySet<number> {
  const fields = new Set<number>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    fields.add(tag >>> 3);
    reader.skipType(tag & 7);
  }
  return fields;
}

/** The key and length that precede a length-delimited field. */
function fieldHeader(field: number, lengthBytes: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32((field << 3) | 2)
    .uint32(lengthBytes)
    .finish();
}

function totalBytes(parts: readonly Uint8Array[]): number {
  return parts.reduce((total, part) => total + part.byteLength, 0);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const total = totalBytes(parts);
  if (total >= 2 ** 31) throw new UnsupportedError(`The model takes ${total} bytes; one protobuf file holds less than 2 GiB.`);
  const result = new Uint8Array(total);
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.byteLength;
  }
  return result;
}

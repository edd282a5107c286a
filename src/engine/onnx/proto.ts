// ONNX's protobuf messages to bytes and back, and what is said of bytes that are none.
import { ModelError, UnsupportedError } from "../errors.ts";
import { ProtoReader } from "./proto-reader.ts";
import type { Message, MessageName } from "./proto-schema.ts";
import { ProtoWriter } from "./proto-writer.ts";

export type { Int64 } from "./proto-schema.ts";
export type ModelProto = Message<"ModelProto">;
export type GraphProto = Message<"GraphProto">;
export type NodeProto = Message<"NodeProto">;
export type FunctionProto = Message<"FunctionProto">;
export type AttributeProto = Message<"AttributeProto">;
export type TensorProto = Message<"TensorProto">;
export type ValueInfoProto = Message<"ValueInfoProto">;

/** "" and "ai.onnx" are the same domain. */
export function normalizeDomain(domain: string | undefined): string {
  return !domain || domain === "ai.onnx" ? "" : domain;
}

/**
 * Decodes a model. Bytes fields, such as raw tensor data, are views of `bytes`.
 *
 * @throws ModelError when the bytes are not a whole ONNX model
 */
export function decodeModelProto(bytes: Uint8Array): ModelProto & { readonly graph: GraphProto } {
  const { graph, ...rest } = decode(bytes, "model", "ModelProto");
  if (!graph) throw refusal(bytes, "model", `its ${bytes.byteLength} bytes hold no graph`);
  return { ...rest, graph };
}

/**
 * Decodes a lone tensor, such as the `.pb` files beside ONNX's test models.
 *
 * @throws ModelError when the bytes are not a whole TensorProto, UnsupportedError when they are a sequence or an optional
 */
export function decodeTensorProto(bytes: Uint8Array): TensorProto {
  // A TensorProto has the long abandoned `segment` in the same field.
  if (decode(bytes, "tensor", "SequenceProto").tensorValues)
    throw new UnsupportedError("The file holds a sequence or an optional, not a tensor. Only tensors are supported.");
  return decode(bytes, "tensor", "TensorProto");
}

/** Encodes a model with exactly one copy of its weights, which may be most of a gigabyte. */
export function encodeModelProto(model: ModelProto & { readonly graph: GraphProto }): Uint8Array {
  return new ProtoWriter().message("ModelProto", model).finish();
}

export function encodeTensorProto(tensor: TensorProto): Uint8Array {
  return new ProtoWriter().message("TensorProto", tensor).finish();
}

const exportAgain = "Download it again, or export it again from its framework.";

function decode<M extends MessageName>(bytes: Uint8Array, what: "model" | "tensor", name: M): Message<M> {
  if (bytes.byteLength === 0) throw new ModelError(`The ${what} file is empty. ${exportAgain}`);
  const reader = new ProtoReader(bytes);
  try {
    return reader.message(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refusal(bytes, what, `decoding stopped at byte ${reader.position} of ${bytes.byteLength} (${error.message})`);
  }
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

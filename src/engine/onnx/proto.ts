// Bytes to ONNX's protobuf messages, and what is said of bytes that are none.
import { ModelError } from "../errors.ts";
import { ProtoReader } from "./proto-reader.ts";
import type { Message, MessageName } from "./proto-schema.ts";

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
  if (!graph) throw refusal("model", `its ${bytes.byteLength} bytes hold no graph`);
  return { ...rest, graph };
}

const exportAgain = "Download it again, or export it again from its framework.";

/** @throws ModelError when the bytes are not a whole message */
export function decode<M extends MessageName>(bytes: Uint8Array, what: "model" | "tensor", name: M): Message<M> {
  if (bytes.byteLength === 0) throw new ModelError(`The ${what} file is empty. ${exportAgain}`);
  const reader = new ProtoReader(bytes);
  try {
    return reader.message(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refusal(what, `decoding stopped at byte ${reader.position} of ${bytes.byteLength} (${error.message})`);
  }
}

function refusal(what: "model" | "tensor", reason: string): ModelError {
  return new ModelError(`This is not a whole ONNX ${what}: ${reason}. ${exportAgain}`);
}

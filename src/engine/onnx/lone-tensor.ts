// A tensor that is a file by itself, such as `input_0.pb` beside ONNX's test models. No model needs it.
import { UnsupportedError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { isPacked, unpack } from "./four-bits.ts";
import { decode, type TensorProto } from "./proto.ts";
import { tensorFromProto } from "./tensor-proto.ts";

/**
 * Decodes a lone tensor, such as `input_0.pb` beside ONNX's test models.
 *
 * @throws ModelError when the bytes are damaged, UnsupportedError for sequences, optionals and element types without a place here
 */
export function readTensor(bytes: Uint8Array): Tensor {
  const proto = decodeTensorProto(bytes);
  if (isPacked(proto)) unpack([proto]);
  return tensorFromProto(proto, `tensor '${proto.name ?? ""}'`);
}

/**
 * Decodes a lone tensor.
 *
 * @throws ModelError when the bytes are not a whole TensorProto, UnsupportedError when they are a sequence or an optional
 */
export function decodeTensorProto(bytes: Uint8Array): TensorProto {
  // A TensorProto has the long abandoned `segment` in the same field.
  if (decode(bytes, "tensor", "SequenceProto").tensorValues)
    throw new UnsupportedError("The file holds a sequence or an optional, not a tensor. Only tensors are supported.");
  return decode(bytes, "tensor", "TensorProto");
}

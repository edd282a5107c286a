// TensorProto to Tensor: every encoding of the element types that Convcam computes with.
import { ModelError, UnsupportedError } from "../errors.ts";
import { type Shape, sizeOf } from "../shapes.ts";
import { bytesPerElement, type DataType, dataTypesByCode, elementTypes, Tensor } from "../tensor.ts";
import type { ExternalBytes } from "./external-data.ts";
import type { Int64, TensorProto } from "./proto.ts";

type TypedField = "floatData" | "int64Data" | "doubleData" | "uint64Data";

/** The typed field that holds the elements where raw_data does not. Those not named here are in int32_data. */
const typedFields: { readonly [T in DataType]?: TypedField } = {
  float32: "floatData",
  int64: "int64Data",
  float64: "doubleData",
  uint32: "uint64Data",
  uint64: "uint64Data",
};

/** The data type of a TensorProto.DataType code. `where` names the tensor in errors. */
export function dataTypeOf(code: number, where: string): DataType {
  const dtype = dataTypesByCode[code];
  if (dtype) return dtype;
  const other = elementTypes[code];
  if (other) throw new UnsupportedError(`${where}: element type ${other} is not supported. Re-export with float32 or integer tensors.`);
  throw new ModelError(`${where}: ${code} is not an ONNX element type.`);
}

/** TensorProto.DataLocation.EXTERNAL */
const externalLocation = 1;

export function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === externalLocation;
}

/**
 * Decodes a tensor. Raw and external data stay views of their file.
 *
 * @param where names the tensor in errors: "initializer 'conv1.weight'"
 * @param external finds its data where they are in another file
 */
export function tensorFromProto(proto: TensorProto, where: string, external?: ExternalBytes): Tensor {
  const dtype = dataTypeOf(proto.dataType ?? 0, where);
  const shape = shapeOf(proto, where);
  if (proto.segment) throw new UnsupportedError(`${where}: segmented tensors are not supported. Save it again with a current onnx.`);
  const expectedBytes = sizeOf(shape) * bytesPerElement(dtype);
  const bytes = isExternal(proto) ? external?.(proto, where, expectedBytes) : proto.rawData;
  if (isExternal(proto) && !bytes) throw new ModelError(`${where}: its data is in another file, which was not read.`);
  if (!bytes?.byteLength && sizeOf(shape) > 0) return tensorFromTypedField(proto, dtype, shape, where);
  const found = bytes?.byteLength ?? 0;
  if (found !== expectedBytes)
    throw new ModelError(
      `${where}: a ${dtype} tensor of shape [${shape}] takes ${expectedBytes} bytes, got ${found}. The file is damaged.`,
    );
  return new Tensor(dtype, shape, dtype === "bool" ? zerosAndOnes(bytes) : (bytes ?? new Uint8Array(0)));
}

function shapeOf(proto: TensorProto, where: string): Shape {
  const shape = (proto.dims ?? []).map(Number);
  for (const extent of shape)
    if (extent < 0 || !Number.isSafeInteger(extent)) throw new ModelError(`${where}: extent ${extent} in shape [${shape}] is not a size.`);
  return shape;
}

function tensorFromTypedField(proto: TensorProto, dtype: DataType, shape: Shape, where: string): Tensor {
  const elements: readonly Int64[] = proto[typedFields[dtype] ?? "int32Data"] ?? [];
  if (elements.length !== sizeOf(shape))
    throw new ModelError(`${where}: shape [${shape}] holds ${sizeOf(shape)} elements, got ${elements.length}. The file is damaged.`);
  // int32_data carries the bits of a float16 or bfloat16, not its value.
  if (dtype === "float16" || dtype === "bfloat16") {
    const bits = Uint16Array.from(elements, Number);
    return new Tensor(dtype, shape, new Uint8Array(bits.buffer));
  }
  return Tensor.from(dtype, shape, elements);
}

function zerosAndOnes(bytes: Uint8Array | null | undefined): Uint8Array {
  return Uint8Array.from(bytes ?? [], (byte) => (byte === 0 ? 0 : 1));
}

// Single elements of tensors, read where they lie: a layer's weights may be hundreds of megabytes, and one formula needs few of them.
import { denseStrides } from "../shapes.ts";
import { bytesPerElement, type DataType, float16ToNumber, type Tensor } from "../tensor.ts";
import { type Index, placeOf } from "./region.ts";

/** Reads one element at a byte. */
type Decode = (view: DataView, byte: number) => number;

const decoders: Readonly<Record<DataType, Decode>> = {
  float32: (view, byte) => view.getFloat32(byte, true),
  float64: (view, byte) => view.getFloat64(byte, true),
  float16: (view, byte) => float16ToNumber(view.getUint16(byte, true)),
  bfloat16: (view, byte) => new Float32Array(Uint32Array.of(view.getUint16(byte, true) << 16).buffer)[0] as number,
  int4: (view, byte) => view.getInt8(byte),
  uint4: (view, byte) => view.getUint8(byte),
  int8: (view, byte) => view.getInt8(byte),
  int16: (view, byte) => view.getInt16(byte, true),
  int32: (view, byte) => view.getInt32(byte, true),
  int64: (view, byte) => Number(view.getBigInt64(byte, true)),
  uint8: (view, byte) => view.getUint8(byte),
  uint16: (view, byte) => view.getUint16(byte, true),
  uint32: (view, byte) => view.getUint32(byte, true),
  uint64: (view, byte) => Number(view.getBigUint64(byte, true)),
  bool: (view, byte) => view.getUint8(byte),
};

export function tensorReader({ dtype, shape, bytes }: Tensor): (index: Index) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const strides = denseStrides(shape);
  const width = bytesPerElement(dtype);
  const decode = decoders[dtype];
  return (index) => decode(view, placeOf(index, strides) * width);
}

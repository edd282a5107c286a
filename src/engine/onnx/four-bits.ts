// Numbers of 4 bits, of which each byte of a file holds two, the first one in its lower half. Loaded only for files that have some.
import { sizeOf } from "../shapes.ts";
import type { ExternalBytes } from "./external-data.ts";
import type { TensorProto } from "./proto.ts";
import { isExternal } from "./tensor-proto.ts";

const int4 = 22;

/** Whether two elements of a tensor share a byte. */
export function isPacked({ dataType }: TensorProto): boolean {
  return dataType === int4 || dataType === int4 - 1;
}

/** Gives tensors one byte for each element, in place of what the file has. */
export function unpack(tensors: readonly TensorProto[], external?: ExternalBytes): void {
  for (const tensor of tensors) {
    const count = sizeOf((tensor.dims ?? []).map(Number));
    const least = Math.ceil(count / 2);
    const inside = tensor.rawData?.byteLength ? tensor.rawData : Uint8Array.from(tensor.int32Data ?? [], Number);
    const bytes = isExternal(tensor) ? external?.(tensor, `tensor '${tensor.name}'`, least) : inside;
    if (!bytes) continue;
    const isSigned = tensor.dataType === int4;
    // Where the lengths do not fit, whoever reads the tensor is to find it.
    const length = bytes.length === least ? count : bytes.length + (bytes.length + 1 === count ? 0 : 1);
    const rawData = Uint8Array.from({ length }, (_, i) => {
      const bits = (bytes[i >> 1] ?? 0) >> ((i & 1) * 4);
      return isSigned ? (bits << 28) >> 28 : bits & 15;
    });
    Object.assign(tensor, { rawData, int32Data: [], dataLocation: 0 });
  }
}

/** Two elements in each byte. */
export function packed(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: Math.ceil(bytes.length / 2) }, (_, i) => ((bytes[2 * i] ?? 0) & 15) | ((bytes[2 * i + 1] ?? 0) << 4));
}

// Numbers of 4 bits, of which each byte of a file holds two, the first one in its lower half. Loaded only for files that have some.
import { ModelError } from "../errors.ts";
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
    const where = `tensor '${tensor.name ?? ""}'`;
    const inside = tensor.rawData?.byteLength ? tensor.rawData : Uint8Array.from(tensor.int32Data ?? [], Number);
    const bytes = isExternal(tensor) ? external?.(tensor, where, least) : inside;
    if (!bytes) continue;
    if (bytes.length !== least)
      throw new ModelError(
        `${where}: a list of ${count} elements of 4 bits takes ${least} bytes, got ${bytes.length}. The file is damaged.`,
      );
    const sign = tensor.dataType === int4 ? 8 : 0;
    // Whoever decodes the tensor refuses an extent below 0.
    const rawData = new Uint8Array(Math.max(0, count));
    for (let i = 0; i < count; i++) {
      const bits = ((bytes[i >> 1] as number) >> (i % 2 === 0 ? 0 : 4)) & 15;
      // Of a number with a sign the highest bit counts −8.
      rawData[i] = bits - 2 * (bits & sign);
    }
    Object.assign(tensor, { rawData, int32Data: [], dataLocation: 0 });
  }
}

/** Two elements in each byte; half of the last one is 0 where their number is odd. */
export function packed(elements: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(elements.length / 2));
  for (const [i, element] of elements.entries()) bytes[i >> 1] = (bytes[i >> 1] as number) | ((element & 15) << (i % 2 === 0 ? 0 : 4));
  return bytes;
}

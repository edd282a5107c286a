// Arrays in the idx format, in which MNIST and its kin are published: a magic number, the extents, and bytes.
import { ModelError } from "../engine/errors.ts";

export interface BytesArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** @throws ModelError for what is not idx, for elements other than bytes, and for a file of another length than its head says */
export function decodeIdx(bytes: Uint8Array): BytesArray {
  const { shape, begin, count } = readHead(bytes);
  if (bytes.length - begin !== count) throw wrongLength(shape, count, bytes.length - begin);
  return { shape, data: bytes.subarray(begin) };
}

/**
 * Several arrays, one behind the other.
 *
 * @throws ModelError as {@link decodeIdx} does
 */
export function decodeIdxSeries(bytes: Uint8Array): readonly BytesArray[] {
  const arrays: BytesArray[] = [];
  for (let left = bytes; left.length > 0; ) {
    const { shape, begin, count } = readHead(left);
    if (left.length - begin < count) throw wrongLength(shape, count, left.length - begin);
    arrays.push({ shape, data: left.subarray(begin, begin + count) });
    left = left.subarray(begin + count);
  }
  return arrays;
}

/** What an array begins with: its extents, where its elements begin, and how many there are. */
function readHead(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) throw new ModelError("this is no idx file: it does not begin with two zero bytes.");
  const [type, rank] = [view.getUint8(2), view.getUint8(3)];
  if (type !== 8) throw new ModelError(`its elements are of type 0x${type.toString(16).padStart(2, "0")}; expected bytes, 0x08.`);
  const begin = 4 + 4 * rank;
  if (rank === 0 || bytes.length < begin) throw new ModelError("the file ends before its extents do.");
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  return { shape, begin, count: shape.reduce((a, b) => a * b, 1) };
}

function wrongLength(shape: readonly number[], expected: number, found: number): ModelError {
  return new ModelError(`it should hold ${expected} bytes ([${shape.join(", ")}]), but holds ${found}.`);
}

// Writes into a WebM file how long it is. Browsers record without knowing the end, so that players cannot tell the length, or seek. Pure.

/** Ids of EBML elements, see the Matroska specification. */
const ids = {
  segment: 0x18538067,
  info: 0x1549a966,
  duration: 0x4489,
  seekHead: 0x114d9b74,
  cues: 0x1c53bb6b,
  cluster: 0x1f43b675,
} as const;

interface Element {
  readonly id: number;
  readonly start: number;
  /** Where its content begins. */
  readonly from: number;
  /** Where it ends; undefined where the file does not say. */
  readonly to: number | undefined;
}

/** A duration of 8 bytes, with its id and size. */
const durationBytes = 11;

/**
 * The same file with its duration in the header.
 *
 * @returns the file as it is where it says its duration already, or is not laid out as recorders do
 */
export function withDuration(file: Uint8Array, durationMs: number): Uint8Array {
  const segment = [...elementsIn(file, 0, file.length)].find(({ id }) => id === ids.segment);
  if (!segment || segment.to !== undefined) return file;
  const parts = elementsIn(file, segment.from, file.length);
  let info: Element | undefined;
  for (const part of parts) {
    // Both tell places of what follows, which would move.
    if (part.id === ids.seekHead || part.id === ids.cues) return file;
    if (part.id === ids.info) info = part;
    if (part.id === ids.cluster || part.to === undefined) break;
  }
  if (info?.to === undefined || info.to > file.length) return file;
  if ([...elementsIn(file, info.from, info.to)].some(({ id }) => id === ids.duration)) return file;
  const content = file.subarray(info.from, info.to);
  const head = new DataView(new ArrayBuffer(12));
  head.setUint32(0, ids.info);
  // A size of 8 bytes begins with a 1 in the last bit of the first.
  head.setUint32(4, 0x01000000);
  head.setUint32(8, content.length + durationBytes);
  const duration = new DataView(new ArrayBuffer(durationBytes));
  duration.setUint16(0, ids.duration);
  duration.setUint8(2, 0x88);
  duration.setFloat64(3, durationMs);
  return concatenate([file.subarray(0, info.start), bytesOf(head), content, bytesOf(duration), file.subarray(info.to)]);
}

/** The elements side by side in a part of a file. */
function* elementsIn(file: Uint8Array, from: number, to: number): Generator<Element> {
  let at = from;
  while (at < to) {
    const id = readNumber(file, at, true);
    const size = id && readNumber(file, id.end, false);
    if (!id || !size) return;
    const end = size.isUnknown ? undefined : size.end + size.value;
    yield { id: id.value, start: at, from: size.end, to: end };
    if (end === undefined || end > to) return;
    at = end;
  }
}

/** A number whose first byte tells how many bytes it has, by the zeros that it begins with. @param isId whether that mark is part of it */
function readNumber(file: Uint8Array, at: number, isId: boolean) {
  const first = file[at] ?? 0;
  const length = Math.clz32(first) - 23;
  if (first === 0 || at + length > file.length) return undefined;
  let value = isId ? first : first & (0xff >> length);
  let isUnknown = !isId && value === 0xff >> length;
  for (const byte of file.subarray(at + 1, at + length)) {
    value = value * 256 + byte;
    isUnknown &&= byte === 255;
  }
  return { value, end: at + length, isUnknown };
}

function bytesOf({ buffer }: DataView): Uint8Array {
  return new Uint8Array(buffer);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

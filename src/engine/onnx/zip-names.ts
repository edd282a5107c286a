// Lists the files in a zip archive by its central directory, at the end of the archive.

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const endBytes = 22;
const entryBytes = 46;

/** Names of at most `limit` files; none where the archive has no readable directory. */
export function zipNames(bytes: Uint8Array, limit = 4096): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A comment of up to 65,535 bytes may follow the end record.
  let end = bytes.byteLength - endBytes;
  const last = Math.max(0, end - 0xffff);
  while (end >= last && view.getUint32(end, true) !== endSignature) end--;
  if (end < last) return [];
  const names: string[] = [];
  const text = new TextDecoder();
  let at = view.getUint32(end + 16, true);
  // Archives of more than 4 GB say so by this number, and have their directory right before the end.
  if (at === 0xffffffff) at = Math.max(0, end - view.getUint32(end + 12, true));
  while (names.length < limit && at + entryBytes <= end && view.getUint32(at, true) === entrySignature) {
    const length = view.getUint16(at + 28, true);
    names.push(text.decode(bytes.subarray(at + entryBytes, at + entryBytes + length)));
    at += entryBytes + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return names;
}

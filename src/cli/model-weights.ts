// The files in which a model keeps weights, found without reading whole what is no model, however large it is.
import { type FileHandle, open, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ProtoReader } from "../engine/onnx/proto-reader.ts";
import { delimited, fieldsOf } from "../engine/onnx/proto-schema.ts";
import { readModel } from "../engine/source.ts";

/** @returns their real paths. What cannot be read is told by what reads it */
export async function weightsOf(path: string): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  const bytes = (await mayBeModel(path)) ? await readFile(path).catch(() => undefined) : undefined;
  // Each place outside the file is called "location".
  if (!bytes?.includes("location")) return files;
  const readExternal = async (name: string) => {
    const file = await realpath(join(dirname(path), name)).catch(() => undefined);
    if (file !== undefined) files.add(file);
    return new Uint8Array();
  };
  // Without its weights it is no whole model.
  await readModel(new Uint8Array(bytes), { readExternal }).catch(() => {});
  return files;
}

async function mayBeModel(path: string): Promise<boolean> {
  const stats = await stat(path);
  // A pipe would be waited for.
  const file = stats.isFile() ? await open(path).catch(() => undefined) : undefined;
  try {
    return file !== undefined && (await holdsGraph(file, stats.size));
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  } finally {
    await file?.close();
  }
}

const graphNumber = fieldsOf("ModelProto").find(({ name }) => name === "graph")?.number;
/** Fields that are gone through: each function that a model brings along is one. What has more is taken for a model. */
const mostFields = 10_000;
/** Of a tag and what stands behind it: a length or a number. */
const mostVarintBytes = 20;

/** Bytes behind a tag. The fields of a group, whose wire types are 3 and 4, follow its tag as others do. */
const bytesByWireType: Readonly<Record<number, number>> = { 0: 0, 1: 8, 3: 0, 4: 0, 5: 4 };

/**
 * Whether a file is a message of protobuf with a graph, by the tags and lengths of its fields, which may come in any order.
 *
 * @throws RangeError where a field is cut off
 */
async function holdsGraph(file: FileHandle, size: number): Promise<boolean> {
  let isFound = false;
  let position = 0;
  for (let count = 0; position < size; count++) {
    if (count === mostFields) return true;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostVarintBytes), 0, mostVarintBytes, position);
    const reader = new ProtoReader(buffer.subarray(0, bytesRead));
    const tag = Number(reader.uint64());
    const [number, wireType] = [Math.floor(tag / 8), tag % 8];
    if (number === 0) return false;
    if (wireType === 0) reader.uint64();
    const more = wireType === delimited ? Number(reader.uint64()) : bytesByWireType[wireType];
    if (more === undefined) return false;
    position += reader.position + more;
    isFound ||= number === graphNumber && wireType === delimited;
  }
  return isFound && position === size;
}

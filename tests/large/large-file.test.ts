// A file of a gigabyte: read in one piece that is filled as it comes, with its progress, and given up at once where it is not wanted any more.
// `npm run test:large`.
import { createReadStream, mkdtempSync, openAsBlob, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readModel } from "../../src/engine/source.ts";
import { residentBytes } from "./resident-bytes.ts";

const pieces = 16;
const pieceBytes = 2 ** 26;
const folder = mkdtempSync(join(tmpdir(), "convcam-large-"));
const path = join(folder, "large.onnx");
let size = 0;
let server: Server | undefined;
let address = "";

/** A field of a protobuf message: its number, wire type 2, and the bytes. */
const field = (number: number, ...parts: readonly Buffer[]) => {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint(number * 8 + 2), varint(length), ...parts]);
};
const varint = (value: number): Buffer => Buffer.from(value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);
const text = (number: number, value: string) => field(number, Buffer.from(value));
const whole = (number: number, value: number) => Buffer.concat([varint(number * 8), varint(value)]);
/** A field whose bytes are written by whoever calls. */
const opened = (number: number, length: number) => Buffer.concat([varint(number * 8 + 2), varint(length)]);

/** y = x + w0 + w1 + … with float32 weights of 64 MB each, written piece by piece. */
beforeAll(async () => {
  const extent = pieceBytes / 4;
  const type = field(2, field(1, whole(1, 1), field(2, field(1, whole(1, extent)))));
  const nodes = Array.from({ length: pieces }, (_, i) =>
    field(1, text(1, i === 0 ? "x" : `v${i}`), text(1, `w${i}`), text(2, i === pieces - 1 ? "y" : `v${i + 1}`), text(4, "Add")),
  );
  const head = Buffer.concat([...nodes, field(11, text(1, "x"), type), field(12, text(1, "y"), type)]);
  const heads = Array.from({ length: pieces }, (_, i) =>
    Buffer.concat([whole(1, extent), whole(2, 1), text(8, `w${i}`), opened(9, pieceBytes)]),
  );
  const tensors = heads.map((one) => opened(5, one.length + pieceBytes));
  const graphBytes = head.length + heads.reduce((sum, one, i) => sum + one.length + pieceBytes + (tensors[i] as Buffer).length, 0);
  const file = await open(path, "w");
  await file.write(Buffer.concat([whole(1, 8), field(8, text(1, ""), whole(2, 17)), opened(7, graphBytes), head]));
  const weights = Buffer.from(new Float32Array(pieceBytes / 4).fill(0.5).buffer);
  for (const [i, one] of heads.entries()) await file.write(Buffer.concat([tensors[i] as Buffer, one, weights]));
  size = (await file.stat()).size;
  await file.close();
  const made = createServer((_, response) => {
    response.setHeader("content-length", size);
    createReadStream(path).pipe(response);
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(made.address() as AddressInfo).port}/large.onnx`;
}, 120_000);

afterAll(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

const sources = { address: async () => address, file: async () => openAsBlob(path) };

test.each(Object.keys(sources) as (keyof typeof sources)[])("from %s: 1.3 times its size at most, with its progress", async (kind) => {
  const source = await sources[kind]();
  const before = await residentBytes();
  let [most, last] = [0, 0];
  const graph = await readModel(source, {
    onProgress: ({ done, total }) => {
      expect(total).toBe(size);
      expect(done).toBeGreaterThan(last);
      // Reading it takes a while itself.
      if (done - last > 2e7 || done === size) most = Math.max(most, process.memoryUsage().rss - before);
      if (done - last > 2e7) last = done;
    },
  });
  most = Math.max(most, process.memoryUsage().rss - before);
  expect(graph.initializers.size).toBe(pieces);
  expect(graph.initializers.get("w15")?.toFloat32()[5]).toBe(0.5);
  expect(most / size).toBeGreaterThan(0.9);
  expect(most / size).toBeLessThan(1.3);
});

test.each(Object.keys(sources) as (keyof typeof sources)[])("from %s: given up half-way, all is given back", async (kind) => {
  const source = await sources[kind]();
  const before = await residentBytes();
  const controller = new AbortController();
  const reading = readModel(source, {
    signal: controller.signal,
    onProgress: ({ done }) => {
      if (done > size / 2) controller.abort();
    },
  });
  await expect(reading).rejects.toThrow(/abort/i);
  expect((await residentBytes()) - before).toBeLessThan(0.1 * size);
});

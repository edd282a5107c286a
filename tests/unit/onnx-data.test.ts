// Real models, where the shared data folder exists: each imports, or is refused for a reason that is listed here, and round-trips.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { UnsupportedError } from "../../src/engine/errors.ts";
import { encodeModel, encodeTensor } from "../../src/engine/onnx/encode.ts";
import { importModel, readTensor } from "../../src/engine/onnx/import.ts";

const folder = process.env.CONVCAM_DATA ?? resolve(import.meta.dirname, "../../../shared/data");

const listedReasons = [/: element type string is not supported/];

function* filesUnder(path: string, extension: string): Iterable<string> {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* filesUnder(join(path, entry.name), extension);
    else if (entry.name.endsWith(extension)) yield join(path, entry.name);
  }
}

function expectListed(error: unknown, file: string): void {
  if (!(error instanceof UnsupportedError)) throw new Error(`${file}: ${error}`, { cause: error });
  for (const reason of error.reasons)
    expect(
      listedReasons.some((listed) => listed.test(reason)),
      `${file}: ${reason}`,
    ).toBe(true);
}

test("every model imports, and encodes to the same graph", { timeout: 60_000 }, async () => {
  for (const file of filesUnder(folder, ".onnx")) {
    const bytes = readFileSync(file);
    const graph = await importModel(bytes).catch((error: unknown) => expectListed(error, file));
    if (!graph) continue;
    const again = await importModel(encodeModel(graph));
    expect(Buffer.compare(encodeModel(again), encodeModel(graph)), file).toBe(0);
    expect({ ...again, initializers: undefined }, file).toEqual({ ...graph, initializers: undefined });
  }
});

test("every tensor of the test data decodes, and encodes to the same bytes", { timeout: 60_000 }, () => {
  for (const file of filesUnder(folder, ".pb"))
    try {
      const tensor = readTensor(readFileSync(file));
      expect(Buffer.compare(readTensor(encodeTensor(tensor)).bytes, tensor.bytes), file).toBe(0);
    } catch (error) {
      expectListed(error, file);
    }
});

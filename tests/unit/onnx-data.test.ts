// Real models, where the shared data folder exists: each imports, or is refused for a reason that is listed here, and round-trips.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { ModelError, UnsupportedError } from "../../src/engine/errors.ts";
import type { Node } from "../../src/engine/graph/graph.ts";
import { encodeModel, encodeTensor } from "../../src/engine/onnx/encode.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { readTensor } from "../../src/engine/onnx/lone-tensor.ts";

const folder = process.env.CONVCAM_DATA ?? resolve(import.meta.dirname, "../../../shared/data");

const listedReasons = [/: element type string is not supported/];

/** Files that are wrong, and why. */
const invalid: Readonly<Record<string, RegExp>> = { "two-writers": /value 'a' is already made by Conv 'Conv_0'/ };

function* filesUnder(path: string, extension: string): Iterable<string> {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    // Those files are broken on purpose and have a test of their own.
    if (entry.name === "hostile") continue;
    if (entry.isDirectory()) yield* filesUnder(join(path, entry.name), extension);
    else if (entry.name.endsWith(extension)) yield join(path, entry.name);
  }
}

function expectListed(error: unknown, file: string): void {
  const reason = Object.entries(invalid).find(([name]) => file.includes(`/${name}/`))?.[1];
  if (reason && error instanceof ModelError) {
    expect(error.message, file).toMatch(reason);
    return;
  }
  if (!(error instanceof UnsupportedError)) throw new Error(`${file}: ${error}`, { cause: error });
  for (const reason of error.reasons)
    expect(
      listedReasons.some((listed) => listed.test(reason)),
      `${file}: ${reason}`,
    ).toBe(true);
}

function hasSubgraph({ attributes }: Node): boolean {
  return [...attributes.values()].some((value) => typeof value === "object" && "subgraph" in value);
}

test("every model imports, and encodes to the same graph", { timeout: 60_000 }, async () => {
  for (const file of filesUnder(folder, ".onnx")) {
    const bytes = readFileSync(file);
    const graph = await importModel(bytes, { readExternal: (name) => readFile(join(dirname(file), name)) }).catch((error: unknown) =>
      expectListed(error, file),
    );
    if (!graph) continue;
    // Of a graph inside a graph only the name is kept.
    if (graph.nodes.some(hasSubgraph)) continue;
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

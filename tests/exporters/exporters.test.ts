// Networks that PyTorch exports now, of every kind that torchvision has, against ONNX Runtime and against PyTorch in float64.
// `npm run test:exporters`; it needs Debian's python3-torchvision and python3-onnx. When all have run, docs/compatibility.md is written anew.
// CONVCAM_EXPORTERS takes a regular expression for names, and then nothing is written.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { readModelFile } from "../../src/cli/model-file.ts";
import { UnsupportedError } from "../../src/engine/errors.ts";
import { loadModel } from "../../src/engine/model.ts";
import { decodeNpy } from "../../src/engine/npy.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { withDevice } from "../support/with-device.ts";
import { type Compared, formatCompatibility, type Row } from "./report.ts";

interface Listed {
  readonly name: string;
  readonly kind: Row["kind"];
  /** Whether batch, height and width may be left open. */
  readonly dynamic: boolean;
}

/** Of the largest element: what two right float32 runs may differ by. */
const tolerance = 1e-3;

const script = "tests/exporters/export.py";
const python = process.env["CONVCAM_PYTHON"] ?? "/usr/bin/python3";
const wanted = process.env["CONVCAM_EXPORTERS"] ? new RegExp(process.env["CONVCAM_EXPORTERS"]) : undefined;
const listed = JSON.parse(execFileSync(python, [script, "--list"], { encoding: "utf8" })) as Listed[];
const cases = listed
  .filter(({ name }) => !wanted || wanted.test(name))
  .flatMap(({ dynamic, ...network }) => [
    { ...network, opset: network.kind === "int8" ? 13 : 12, isDynamic: false },
    { ...network, opset: 16, isDynamic: dynamic },
  ]);
const rows: Row[] = [];

afterAll(() => {
  if (!wanted && rows.length === cases.length) writeFileSync("docs/compatibility.md", formatCompatibility(rows, tolerance));
});

describe("exported by PyTorch", () => {
  test.each(cases)("$name, opset $opset, open sizes: $isDynamic", async ({ name, kind, opset, isDynamic }) => {
    const folder = mkdtempSync(join(tmpdir(), "convcam-export-"));
    try {
      execFileSync(python, [script, name, "--opset", String(opset), ...(isDynamic ? ["--dynamic"] : []), "--out", folder], {
        stdio: "pipe",
      });
      const row = { name, kind, opset, isDynamic, ...(await compare(folder)) };
      rows.push(row);
      // A refusal is told in the table; what runs must be right.
      if (row.refusals.length === 0) expect(isRight(row), JSON.stringify(row)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Close to ONNX Runtime; or, where the network itself magnifies roundings, no further from float64 than ONNX Runtime is. */
function isRight({ error, ours, theirs }: Compared): boolean {
  return error <= tolerance || (ours !== undefined && theirs !== undefined && ours <= 2 * theirs);
}

/** Runs the exported file with both and compares all outputs. */
async function compare(folder: string): Promise<Compared> {
  const path = join(folder, "model.onnx");
  const graph = await readModelFile(path);
  const inputs = new Map(graph.inputs.map(({ name }, i) => [name, readArray(join(folder, `input_${i}.npy`)) as Tensor]));
  const counted = { nodes: graph.nodes.length, error: 0, refusals: [] };
  return withDevice(async (device) => {
    const inputShapes = Object.fromEntries([...inputs].map(([name, { shape }]) => [name, shape]));
    const model = await loadModel(device, graph, { inputShapes }).catch((error: unknown) => {
      if (error instanceof UnsupportedError) return error.reasons;
      throw error;
    });
    if (!("run" in model)) return { ...counted, refusals: model };
    let results: Readonly<Record<string, Tensor>>;
    try {
      results = await model.predict(Object.fromEntries(inputs));
    } catch (error) {
      // What hangs on what it computes is refused only then.
      if (error instanceof UnsupportedError) return { ...counted, refusals: error.reasons };
      throw error;
    }
    const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 });
    const expected = await session.run(
      Object.fromEntries([...inputs].map(([name, tensor]) => [name, new ort.Tensor("float32", tensor.toFloat32(), [...tensor.shape])])),
    );
    const worst = { error: 0, ours: 0, theirs: 0 };
    let hasExact = true;
    for (const [i, name] of graph.outputs.entries()) {
      const found = results[name] as Tensor;
      const other = expected[name] as ort.Tensor;
      expect(found.shape, name).toEqual([...other.dims]);
      const [a, b] = [found.toNumbers(), Array.from(other.data as Float32Array, Number)];
      const exact = readArray(join(folder, `output_${i}.npy`))?.toNumbers();
      worst.error = Math.max(worst.error, differenceOf(a, b));
      if (exact) {
        worst.ours = Math.max(worst.ours, differenceOf(a, exact));
        worst.theirs = Math.max(worst.theirs, differenceOf(b, exact));
      } else hasExact = false;
    }
    await session.release();
    model.dispose();
    return hasExact ? { ...counted, ...worst } : { ...counted, error: worst.error };
  });
}

function readArray(path: string): Tensor | undefined {
  return existsSync(path) ? decodeNpy(readFileSync(path)) : undefined;
}

/** The largest difference, as a part of the largest element. */
function differenceOf(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [largest, difference] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i] as number, expected[i] as number];
    largest = Math.max(largest, Math.abs(b));
    if (!Object.is(a, b)) difference = Math.max(difference, Number.isNaN(a - b) ? Number.POSITIVE_INFINITY : Math.abs(a - b));
  }
  return difference === 0 ? 0 : difference / largest;
}

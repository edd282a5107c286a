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
import type { Graph } from "../../src/engine/graph/graph.ts";
import { loadModel } from "../../src/engine/model.ts";
import { decodeNpy } from "../../src/engine/npy.ts";
import { sizeOf } from "../../src/engine/shapes.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { randomSource } from "../../src/reference/differences.ts";
import { evaluateGraph } from "../../src/reference/evaluate.ts";
import { withDevice } from "../support/with-device.ts";
import { type Compared, type Differences, formatCompatibility, type Row } from "./report.ts";

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
      const row = { name, kind, opset, isDynamic, ...(await compare(folder, { kind, isDynamic })) };
      rows.push(row);
      // A refusal is told in the table; what runs must be right.
      if (row.refusals.length === 0) expect(isRight(row), JSON.stringify(row)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Close to ONNX Runtime; or, where the network itself magnifies roundings, no further from float64 than ONNX Runtime is. */
function isRight({ error, ours, theirs }: Differences): boolean {
  return error <= tolerance || (ours !== undefined && theirs !== undefined && ours <= 2 * theirs);
}

type Inputs = ReadonlyMap<string, Tensor>;
type Outputs = readonly Float64Array[];

/** Runs the exported file with both and compares all outputs; where sizes are open, with a second batch and size too. */
async function compare(folder: string, { kind, isDynamic }: Pick<Row, "kind" | "isDynamic">): Promise<Compared> {
  const path = join(folder, "model.onnx");
  const graph = await readModelFile(path);
  const traced: Inputs = new Map(graph.inputs.map(({ name }, i) => [name, readArray(join(folder, `input_${i}.npy`)) as Tensor]));
  const counted = { nodes: graph.nodes.length, refusals: [] };
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 });
  try {
    const worst = await compareOn(graph, session, traced, saved(folder, graph), kind);
    const other = isDynamic ? larger(traced) : undefined;
    // A pool whose window was counted while the network was traced fits no other size.
    const runs = other && (await runOther(session, graph, other).then(Boolean, () => false));
    const second = other && runs ? await compareOn(graph, session, other, undefined, kind) : undefined;
    return {
      ...counted,
      ...(second && isWorse(second, worst) ? second : worst),
      ...(isDynamic ? { otherSize: second !== undefined } : {}),
    };
  } catch (error) {
    // What hangs on what it computes is refused only when it runs.
    if (error instanceof UnsupportedError) return { ...counted, error: 0, refusals: error.reasons };
    throw error;
  } finally {
    await session.release();
  }
}

function isWorse(a: Differences, b: Differences): boolean {
  return isRight(b) && (!isRight(a) || a.error > b.error);
}

/** @param known the outputs in float64; where they are not known and the two differ, they are computed */
async function compareOn(
  graph: Graph,
  session: ort.InferenceSession,
  inputs: Inputs,
  known: Outputs | undefined,
  kind: Row["kind"],
): Promise<Differences> {
  const results = await withDevice(async (device) => {
    const inputShapes = Object.fromEntries([...inputs].map(([name, { shape }]) => [name, shape]));
    const model = await loadModel(device, graph, { inputShapes });
    const found = await model.predict(Object.fromEntries(inputs));
    model.dispose();
    return found;
  });
  const expected = await runOther(session, graph, inputs);
  const found = graph.outputs.map((name, i) => {
    const result = results[name] as Tensor;
    expect(result.shape, name).toEqual(expected[i]?.shape);
    return Float64Array.from(result.toNumbers());
  });
  const theirs = expected.map(({ data }) => data);
  // What is the same everywhere would be right by chance.
  expect(theirs.some((data) => new Set(data).size > 1)).toBe(true);
  const error = worstOf(found, theirs);
  const exact = known ?? (error > tolerance && kind !== "detection" ? await evaluated(graph, inputs) : undefined);
  return exact ? { error, ours: worstOf(found, exact), theirs: worstOf(theirs, exact) } : { error };
}

async function runOther(session: ort.InferenceSession, graph: Graph, inputs: Inputs) {
  const feeds = Object.fromEntries(
    [...inputs].map(([name, tensor]) => [name, new ort.Tensor("float32", tensor.toFloat32(), [...tensor.shape])]),
  );
  const outputs = await session.run(feeds);
  return graph.outputs.map((name) => {
    const { data, dims } = outputs[name] as ort.Tensor;
    return { shape: [...dims], data: Float64Array.from(data as Float32Array, Number) };
  });
}

/** What PyTorch computed in float64, where it did. */
function saved(folder: string, graph: Graph): Outputs | undefined {
  const arrays = graph.outputs.map((_, i) => readArray(join(folder, `output_${i}.npy`)));
  return arrays.every((array) => array !== undefined) ? arrays.map((array) => Float64Array.from(array.toNumbers())) : undefined;
}

/** The file's own nodes by plain loops in float64. */
async function evaluated(graph: Graph, inputs: Inputs): Promise<Outputs> {
  const values = await evaluateGraph(graph, new Map([...inputs].map(([name, tensor]) => [name, fromTensor(tensor)])));
  return graph.outputs.map((name) => Float64Array.from((values.get(name) as NdArray).data));
}

/** Two pictures that are 32 pixels higher. */
function larger(inputs: Inputs): Inputs {
  const random = randomSource(2);
  return new Map(
    [...inputs].map(([name, { shape }]) => {
      const [, channels = 1, height = 1, width = 1] = shape;
      const grown = [2, channels, height + 32, width];
      return [name, Tensor.from("float32", grown, Float32Array.from({ length: sizeOf(grown) }, random))];
    }),
  );
}

function worstOf(found: Outputs, expected: Outputs): number {
  return Math.max(...found.map((output, i) => differenceOf(output, expected[i] as Float64Array)));
}

function readArray(path: string): Tensor | undefined {
  return existsSync(path) ? decodeNpy(readFileSync(path)) : undefined;
}

/** The largest difference, as a part of the largest element. */
function differenceOf(found: Float64Array, expected: Float64Array): number {
  let [largest, difference] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [found[i] as number, expected[i] as number];
    largest = Math.max(largest, Math.abs(b));
    if (!Object.is(a, b)) difference = Math.max(difference, Number.isNaN(a - b) ? Number.POSITIVE_INFINITY : Math.abs(a - b));
  }
  return difference === 0 ? 0 : difference / largest;
}

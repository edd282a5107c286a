// Where ONNX's own cases are at hand: the float64 reference computes what they expect, and the rules of differentiation, run on it, what its
// central differences are.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { type Case, findCases } from "../../src/cli/conformance/cases.ts";
import { UnsupportedError } from "../../src/engine/errors.ts";
import { gradientOf } from "../../src/engine/gradient/differentiate.ts";
import type { Graph } from "../../src/engine/graph/graph.ts";
import { importModel } from "../../src/engine/onnx/import.ts";
import { readTensor } from "../../src/engine/onnx/lone-tensor.ts";
import { inferGraph } from "../../src/engine/passes/infer.ts";
import { sizeOf } from "../../src/engine/shapes.ts";
import { isFloat, type Tensor } from "../../src/engine/tensor.ts";
import { fromTensor, type NdArray } from "../../src/reference/array.ts";
import { derivativeAlong, randomSource } from "../../src/reference/differences.ts";
import { type Arrays, evaluateGraph } from "../../src/reference/evaluate.ts";
import { everything } from "../support/catalog.ts";

const folder = resolve(process.env["CONVCAM_DATA"] ?? resolve(import.meta.dirname, "../../../shared/data"), "onnx/node");
const cases = existsSync(folder) ? findCases(folder) : [];

interface Loaded {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly expected: readonly Tensor[];
}

async function load({ name, modelPath, dataSets }: Case): Promise<Loaded> {
  const graph = await importModel(readFileSync(modelPath));
  const [first] = dataSets;
  const tensors = (first?.inputs ?? []).map((path) => readTensor(readFileSync(path)));
  const inputs = Object.fromEntries(tensors.flatMap((tensor, i) => (graph.inputs[i] ? [[graph.inputs[i].name, tensor]] : [])));
  return { name, graph, inputs, expected: (first?.outputs ?? []).map((path) => readTensor(readFileSync(path))) };
}

const arraysOf = (tensors: Readonly<Record<string, Tensor>>): Arrays =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, fromTensor(tensor)]));

/** What is wrong with an output, by decision 5's measure; 16-bit expectations are rounded. */
function problemOf(actual: NdArray | undefined, tensor: Tensor): string | undefined {
  const expected = fromTensor(tensor);
  if (String(actual?.shape) !== String(expected.shape)) return `shape [${actual?.shape}] instead of [${expected.shape}]`;
  const scale = expected.data.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 1);
  const absolute = tensor.dtype.endsWith("16") ? 5e-3 : 1e-5;
  const at = expected.data.findIndex((value, i) => {
    const found = actual?.data[i] as number;
    return !(value === found || Object.is(value, found) || Math.abs(value - found) <= absolute * scale + 1e-3 * Math.abs(value));
  });
  return at < 0 ? undefined : `element ${at} is ${actual?.data[at]}, expected ${expected.data[at]}`;
}

/** Whether the reference refuses a case, by name. */
const isRefusal = (error: unknown): boolean => error instanceof UnsupportedError && /float64 reference/.test(error.message);

test.runIf(cases.length > 0)("ONNX's node cases: what the reference computes is what they expect", { timeout: 60_000 }, async () => {
  const wrong: string[] = [];
  let right = 0;
  for (const one of cases) {
    const { name, graph, inputs, expected } = await load(one);
    try {
      const results = await evaluateGraph(graph, arraysOf(inputs));
      graph.outputs.forEach((output, i) => {
        const problem = expected[i] && problemOf(results.get(output), expected[i]);
        if (problem) wrong.push(`${name} '${output}': ${problem}`);
        else right++;
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  expect(wrong).toEqual([]);
  expect(right).toBeGreaterThan(700);
});

/** Which inputs of floats to differentiate by: all of them, or where constants are wanted among them, one. */
function choicesOf(inputs: Loaded["inputs"]): readonly (readonly string[])[] {
  const floats = Object.keys(inputs).filter((name) => isFloat(inputs[name]?.dtype ?? "bool"));
  return [floats, floats.slice(0, 1), floats.slice(1, 2)].filter((names) => names.length > 0);
}

/** How far the rules are from a central difference; `undefined` where there is no such gradient, or a kink. */
async function errorOf({ graph, inputs }: Loaded, output: string, names: readonly string[]): Promise<number | undefined> {
  const constants = Object.fromEntries(Object.entries(inputs).filter(([name]) => !names.includes(name)));
  const { graph: typed, obstacles } = inferGraph(graph, everything, { inputValues: constants });
  const type = typed.types.get(output);
  if (obstacles.length > 0 || !type || !isFloat(type.dtype) || typed.initializers.has(output)) return undefined;
  const backward = gradientOf(typed, output, names);
  const random = randomSource(3);
  const at = arraysOf(inputs);
  // What a mask puts at infinity stays there, and has no difference.
  const y = (await evaluateGraph({ ...graph, outputs: [output] }, at)).get(output)?.data ?? [];
  const dy: NdArray = {
    ...type,
    data: Float64Array.from({ length: sizeOf(type.shape) }, (_, i) => (Number.isFinite(y[i]) ? random() : 0)),
  };
  const results = await evaluateGraph(backward.graph, new Map([...at, [backward.seed, dy]]));
  const direction = new Map(
    names.map((name) => [name, { ...(at.get(name) as NdArray), data: (at.get(name) as NdArray).data.map(random) }]),
  );
  const terms = names.flatMap((name) =>
    Array.from(results.get(backward.gradients.get(name) ?? "")?.data ?? [], (slope, i) => slope * (direction.get(name)?.data[i] as number)),
  );
  const sum = terms.reduce((total, term) => total + term, 0);
  const squares = terms.reduce((total, term) => total + term * term, 0);
  // A long step rounds less, a short one bends less.
  const errors: number[] = [];
  for (const step of [1e-4, 1e-5]) {
    const found = await derivativeAlong(graph, { at, direction, output, weights: dy.data, step, leastStep: 1e-8 });
    if (!found.isSmooth || !Number.isFinite(found.value)) return undefined;
    errors.push(Math.abs(sum - found.value) / Math.max(Math.abs(sum), Math.abs(found.value), Math.sqrt(squares), 1e-12));
  }
  return Math.min(...errors);
}

test.runIf(cases.length > 0)("ONNX's node cases: the rules give what central differences give", { timeout: 120_000 }, async () => {
  const wrong: string[] = [];
  let right = 0;
  for (const one of cases) {
    const loaded = await load(one);
    for (const output of loaded.graph.outputs)
      for (const names of choicesOf(loaded.inputs)) {
        const error = await errorOf(loaded, output, names).catch((problem: unknown) => {
          if (problem instanceof Error && /rule|depend|constant|float64 reference/.test(problem.message)) return undefined;
          throw problem;
        });
        if (error === undefined) continue;
        // Constants of 16 bits are rounded as they are folded.
        if (error > (loaded.name.includes("fp16") ? 1e-3 : 1e-6)) wrong.push(`${loaded.name} '${output}' by ${names}: off by ${error}`);
        else right++;
        break;
      }
  }
  expect(wrong).toEqual([]);
  expect(right).toBeGreaterThan(500);
});

// Runs one case on the GPU and says whether it passes, fails or is not supported.
import { ModelError, UnsupportedError } from "../../engine/errors.ts";
import type { Device } from "../../engine/gpu/device.ts";
import type { Graph, Node } from "../../engine/graph/graph.ts";
import { type LoadOptions, loadModel } from "../../engine/model.ts";
import { orRecognized, readTensor } from "../../engine/onnx/import.ts";
import type { Precision } from "../../engine/precision.ts";
import { isFloat, type Tensor } from "../../engine/tensor.ts";
import { readBytes, readModelFile } from "../model-file.ts";
import type { Case, DataSet } from "./cases.ts";
import { compareTensors, type Tolerance } from "./compare.ts";

export type Status = "pass" | "fail" | "unsupported";

export interface CaseResult {
  readonly name: string;
  readonly status: Status;
  /** Empty for a pass. */
  readonly reason: string;
  readonly maxAbsError: number;
  readonly maxRelError: number;
  readonly ms: number;
}

export interface RunOptions {
  readonly tolerance: Tolerance;
  /** Runs the case again with every kernel that accepts it, each under a name of its own. */
  readonly forceKernels: boolean;
  readonly precision: Precision;
  /** Runs the case again with its weights as parameters, and holds the outputs to those with constants as well. */
  readonly weightsAsParameters?: boolean;
}

type KernelChoice = NonNullable<LoadOptions["chooseKernel"]>;

/** A way to run a case. */
interface Variant {
  readonly chooseKernel: KernelChoice;
  readonly parameters?: true;
  /** Takes the outputs of each data set. */
  readonly outputs?: (readonly Tensor[])[];
  /** What the outputs of each data set were with weights as constants. */
  readonly constants?: readonly (readonly Tensor[])[];
}

/** One result, or with `forceKernels` one more per kernel that the planner would not have taken. */
export async function runCase(device: Device, oneCase: Case, options: RunOptions): Promise<CaseResult[]> {
  const accepted = new Map<string, readonly string[]>();
  const remember: KernelChoice = (node, names) => {
    accepted.set(node.name, names);
    return undefined;
  };
  const outputs: (readonly Tensor[])[] = [];
  const first = await measure(oneCase, oneCase.name, () => runDataSets(device, oneCase, options, { chooseKernel: remember, outputs }));
  const results = [first];
  if (options.weightsAsParameters && first.status !== "unsupported") {
    const asParameters: Variant = { chooseKernel: () => undefined, parameters: true, constants: outputs };
    results.push(await measure(oneCase, `${oneCase.name} [parameters]`, () => runDataSets(device, oneCase, options, asParameters)));
  }
  if (!options.forceKernels || first.status === "unsupported") return results;
  // The planner takes the first kernel that accepts the case, so only the others are run again.
  const others = new Set([...accepted.values()].flatMap((names) => names.slice(1)));
  for (const kernel of others) {
    const force: KernelChoice = (_node: Node, names) => (names.includes(kernel) ? kernel : undefined);
    const forced: Variant = { chooseKernel: force };
    results.push(await measure(oneCase, `${oneCase.name} [${kernel}]`, () => runDataSets(device, oneCase, options, forced)));
  }
  return results;
}

type Errors = Pick<CaseResult, "reason" | "maxAbsError" | "maxRelError">;

async function measure({ dataSets }: Case, name: string, run: () => Promise<Errors>): Promise<CaseResult> {
  const start = performance.now();
  const ms = () => Math.round((performance.now() - start) * 10) / 10;
  // An invalid file is rightly refused; a case that expects outputs says that its file is valid.
  const isForRefusal = dataSets.length > 0 && dataSets.every(({ outputs }) => outputs.length === 0);
  try {
    const errors = await run();
    return { name, status: errors.reason === "" ? "pass" : "fail", ...errors, ms: ms() };
  } catch (error) {
    const isRefused = error instanceof UnsupportedError || (error instanceof ModelError && isForRefusal);
    const reason = error instanceof UnsupportedError ? error.reasons.join(" ") : String(error);
    return { name, status: isRefused ? "unsupported" : "fail", reason, maxAbsError: 0, maxRelError: 0, ms: ms() };
  }
}

/** What is missing in a data set; `undefined` where it has an expected output for each output of the model. */
function missingOutputs(graph: Graph, { outputs }: DataSet): string | undefined {
  if (outputs.length === 0) return "there is no expected output (output_0.pb)";
  if (outputs.length >= graph.outputs.length) return undefined;
  return `the model has ${graph.outputs.length} outputs, but only ${outputs.length} of them are expected`;
}

async function runDataSets(
  device: Device,
  { modelPath, dataSets }: Case,
  { tolerance, precision }: RunOptions,
  { chooseKernel, parameters, outputs, constants }: Variant,
): Promise<Errors> {
  const graph = await readModelFile(modelPath);
  const reasons: string[] = [];
  let maxAbsError = 0;
  let maxRelError = 0;
  for (const [set, dataSet] of dataSets.entries()) {
    const missing = missingOutputs(graph, dataSet);
    if (missing) reasons.push(missing);
    const expected = await readTensors(dataSet.outputs);
    const floats = graph.outputs.filter((_, i) => expected[i] && isFloat(expected[i].dtype));
    const actual = await runDataSet(device, graph, { dataSet, floats }, { precision, chooseKernel, parameters });
    outputs?.push(actual);
    for (const [i, tensor] of expected.entries()) {
      const output = actual[i];
      if (!output) throw new Error(`the model has no output ${i}`);
      const comparison = compareTensors(output, tensor, tolerance);
      maxAbsError = Math.max(maxAbsError, comparison.maxAbsError);
      maxRelError = Math.max(maxRelError, comparison.maxRelError);
      if (comparison.reason) reasons.push(`output '${graph.outputs[i]}': ${comparison.reason}`);
      const constant = constants?.[set]?.[i];
      const difference = constant ? differenceOf(output, constant) : 0;
      if (difference > constantsTolerance(graph))
        reasons.push(
          `output '${graph.outputs[i]}': ${difference.toExponential(1)} of the largest away from that with weights as constants`,
        );
    }
  }
  if (dataSets.length === 0) reasons.push("there is no test_data_set");
  return { reason: reasons.join("; "), maxAbsError, maxRelError };
}

/**
 * What outputs may differ by from those with weights as constants, as a part of the largest: packing only moves numbers, but Winograd's
 * transform and folded normalisations are rounded otherwise on the GPU. Each layer passes on what the one before differs by.
 */
function constantsTolerance({ nodes }: Graph): number {
  return Math.min(1e-5, 1e-6 * nodes.length);
}

/** The largest difference of two results, as a part of the largest magnitude; 0 where they have the same bits. */
function differenceOf(actual: Tensor, constant: Tensor): number {
  const [a, b] = [actual.toNumbers(), constant.toNumbers()];
  let [largest, difference] = [0, 0];
  for (const [i, value] of b.entries()) {
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    const other = a[i] as number;
    if (!Object.is(value, other)) difference = Math.max(difference, Number.isFinite(value - other) ? Math.abs(value - other) : Infinity);
  }
  return difference === 0 ? 0 : difference / largest;
}

/** @param data with the names of the outputs that are floats */
async function runDataSet(
  device: Device,
  graph: Graph,
  data: { readonly dataSet: DataSet; readonly floats: readonly string[] },
  options: LoadOptions,
): Promise<readonly Tensor[]> {
  const tensors = await readTensors(data.dataSet.inputs);
  const inputs = Object.fromEntries(tensors.map((tensor, i) => [graph.inputs[i]?.name ?? `input ${i}`, tensor]));
  const inputShapes = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensor.shape]));
  let refusal: unknown;
  for (const fixed of fixedInputs(graph, inputs)) {
    const inputValues = Object.fromEntries(fixed.map((name) => [name, inputs[name] as Tensor]));
    try {
      const whole = options.precision === "float16" ? amongOthers(graph, fixed, data.floats) : graph;
      const model = await loadModel(device, whole, { inputShapes, inputValues, ...options });
      try {
        model.run(Object.fromEntries(Object.entries(inputs).filter(([name]) => !fixed.includes(name))));
        return await Promise.all(whole.outputs.map((name) => model.read(name)));
      } finally {
        model.dispose();
      }
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/**
 * The graph with two nodes that do nothing before every input and after every output of floats: only what lies between layers is
 * stored in 16 bits.
 */
function amongOthers(graph: Graph, fixed: readonly string[], floats: readonly string[]): Graph {
  const negate = (from: string, to: string): Node => ({
    name: to,
    operator: "Neg",
    domain: "",
    inputs: [from],
    outputs: [to],
    attributes: new Map(),
  });
  const twice = (from: string, to: string) => [negate(from, `${to}, negative`), negate(`${to}, negative`, to)];
  const inner = new Map(
    graph.inputs.filter(({ name, dtype }) => isFloat(dtype) && !fixed.includes(name)).map(({ name }) => [name, `${name}, again`]),
  );
  return {
    ...graph,
    outputs: graph.outputs.map((name) => (floats.includes(name) ? `${name}, at last` : name)),
    nodes: [
      ...[...inner].flatMap(([from, to]) => twice(from, to)),
      ...graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => inner.get(name) ?? name) })),
      ...floats.flatMap((name) => twice(inner.get(name) ?? name, `${name}, at last`)),
    ],
  };
}

/**
 * Which inputs to fix at load, fewest first. The backend tests feed as inputs what real files hold as constants: target
 * shapes, axes, repeats, bounds. What the operator computes on stays an input for as long as it can.
 */
function fixedInputs(graph: Graph, inputs: Readonly<Record<string, Tensor>>): readonly (readonly string[])[] {
  const names = graph.inputs.map(({ name }) => name).filter((name) => inputs[name] !== undefined);
  const isInteger = (name: string) => !isFloat((inputs[name] as Tensor).dtype);
  const isSmall = (name: string) => (inputs[name] as Tensor).shape.length <= 1 && (inputs[name] as Tensor).size <= 16;
  const later = names.slice(1);
  const choices = [
    [],
    later.filter(isInteger),
    names.filter(isInteger),
    later.filter((name) => isInteger(name) || isSmall(name)),
    names.filter((name) => isInteger(name) || isSmall(name)),
  ];
  const seen = new Set<string>();
  return choices.filter((choice) => !seen.has(choice.join("\n")) && seen.add(choice.join("\n")));
}

async function readTensors(paths: readonly string[]): Promise<Tensor[]> {
  return Promise.all(paths.map(async (path) => orRecognized(await readBytes(path, "tensor"), "tensor", readTensor)));
}

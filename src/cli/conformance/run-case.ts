// Runs one case on the GPU and says whether it passes, fails or is not supported.
import { ModelError, UnsupportedError } from "../../engine/errors.ts";
import type { Device } from "../../engine/gpu/device.ts";
import type { Graph, Node } from "../../engine/graph/graph.ts";
import { type LoadOptions, loadModel } from "../../engine/model.ts";
import { orRecognized } from "../../engine/onnx/import.ts";
import { readTensor } from "../../engine/onnx/lone-tensor.ts";
import type { Precision } from "../../engine/precision.ts";
import { isFloat, type Tensor } from "../../engine/tensor.ts";
import { readBytes, readModelFile } from "../model-file.ts";
import type { Case, DataSet } from "./cases.ts";
import { compareTensors, roundings, type Tolerance } from "./compare.ts";

export type Status = "pass" | "fail" | "unsupported";

export interface CaseResult {
  readonly name: string;
  readonly status: Status;
  /** Empty for a pass. */
  readonly reason: string;
  /** Why the case is listed, where it is. */
  readonly listed?: string;
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
  /** Loads with the weights that the case feeds, as a file holds them. */
  readonly holdsWeights?: true;
  readonly parameters?: true;
  /** Names of the kernels that the planner took. */
  readonly kernels?: ReadonlySet<string>;
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
  if (options.weightsAsParameters && first.status !== "unsupported")
    results.push(...(await runWithParameters(device, oneCase, options, outputs)));
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

/**
 * A result with the weights as constants where the case feeds them as inputs, and one with them as parameters, held to the constants'.
 *
 * @param asFed what the outputs of each data set are with what the case feeds
 */
async function runWithParameters(
  device: Device,
  oneCase: Case,
  options: RunOptions,
  asFed: readonly (readonly Tensor[])[],
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const constants: (readonly Tensor[])[] = [];
  const kernels = new Set<string>();
  const chooseKernel: KernelChoice = (_node, [first = ""]) => {
    kernels.add(first);
    return undefined;
  };
  const run = async (way: string, variant: Omit<Variant, "chooseKernel">) =>
    results.push(
      await measure(oneCase, `${oneCase.name} [${way}]`, () =>
        runDataSets(device, oneCase, options, { chooseKernel, holdsWeights: true, kernels, ...variant }),
      ),
    );
  const feedsWeights = (await readModelFile(oneCase.modelPath)).inputs.slice(1).some(({ dtype }) => isFloat(dtype));
  if (feedsWeights) await run("constants", { outputs: constants });
  await run("parameters", { parameters: true, constants: feedsWeights ? constants : asFed });
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

/** Of a data set that has only inputs. */
export const nothingExpected = "there is no expected output (output_0.pb)";

/** What is missing in a data set; `undefined` where it has an expected output for each output of the model. */
function missingOutputs(graph: Graph, { outputs }: DataSet): string | undefined {
  if (outputs.length === 0) return nothingExpected;
  if (outputs.length >= graph.outputs.length) return undefined;
  return `the model has ${graph.outputs.length} outputs, but only ${outputs.length} of them are expected`;
}

async function runDataSets(
  device: Device,
  { modelPath, dataSets }: Case,
  { tolerance, precision }: RunOptions,
  { holdsWeights, kernels, outputs, constants, ...variant }: Variant,
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
    const inputs = await readInputs(graph, dataSet);
    const used = holdsWeights ? withWeights(graph, inputs) : graph;
    const actual = await runDataSet(device, used, { inputs, floats }, { precision, ...variant });
    outputs?.push(actual);
    for (const [i, tensor] of expected.entries()) {
      const output = actual[i];
      if (!output) throw new Error(`the model has no output ${i}`);
      const comparison = compareTensors(output, tensor, tolerance);
      maxAbsError = Math.max(maxAbsError, comparison.maxAbsError);
      maxRelError = Math.max(maxRelError, comparison.maxRelError);
      if (comparison.reason) reasons.push(`output '${graph.outputs[i]}': ${comparison.reason}`);
      const constant = constants?.[set]?.[i];
      const problem = constant && differenceFromConstants(constant, output, constantsTolerance(used, kernels, output));
      if (problem) reasons.push(`output '${graph.outputs[i]}': ${problem}`);
    }
  }
  if (dataSets.length === 0) reasons.push("there is no test_data_set");
  return { reason: reasons.join("; "), maxAbsError, maxRelError };
}

/**
 * What an output may differ by from that with weights as constants, as a part of the largest: nothing where packing only moves numbers.
 * Where weights are computed with, each layer passes on what the one before differs by, and in a file of float16 a constant is rounded
 * once more than a value on the GPU.
 */
function constantsTolerance(graph: Graph, kernels: ReadonlySet<string> | undefined, { dtype }: Tensor): number {
  if (!computesWithWeights(graph, kernels)) return 0;
  return Math.max(roundings[dtype] ?? 0, Math.min(1e-5, 1e-6 * graph.nodes.length));
}

/** What is folded into a convolution, together with its weight. */
const folded = new Set(["BatchNormalization", "Add", "Sub", "Mul", "Div"]);

/** Whether weights are not only moved while they are packed: by Winograd's transform, by a node that reads nothing else, by folding. */
function computesWithWeights({ nodes, initializers }: Graph, kernels: ReadonlySet<string> = new Set()): boolean {
  if ([...kernels].some((name) => name.startsWith("winograd"))) return true;
  const constants = new Set([...initializers.keys(), ...nodes.flatMap((node) => (node.operator === "Constant" ? node.outputs : []))]);
  if (nodes.some(({ inputs }) => inputs.length > 0 && inputs.every((input) => !input || constants.has(input)))) return true;
  return nodes.some(({ operator }) => operator === "Conv") && nodes.some(({ operator }) => folded.has(operator));
}

function differenceFromConstants(constant: Tensor, output: Tensor, tolerance: number): string | undefined {
  const difference = differenceOf(output, constant);
  if (difference <= tolerance) return undefined;
  return `${difference.toExponential(1)} of the largest away from that with weights as constants, at most ${tolerance} is allowed`;
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
  data: { readonly inputs: Readonly<Record<string, Tensor>>; readonly floats: readonly string[] },
  options: LoadOptions,
): Promise<readonly Tensor[]> {
  const held = new Set(graph.initializers.keys());
  const inputs = Object.fromEntries(Object.entries(data.inputs).filter(([name]) => !held.has(name)));
  const inputShapes = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensor.shape]));
  let refusal: unknown;
  const choices = fixedInputs(graph, inputs);
  // In one submit where that is possible, whatever has to be fixed for it: so kernels compute what else would be read in the middle.
  for (const [isWhole, fixed] of [true, false].flatMap((whole) => choices.map((choice) => [whole, choice] as const))) {
    const inputValues = Object.fromEntries(fixed.map((name) => [name, inputs[name] as Tensor]));
    try {
      const whole = options.precision === "float16" ? amongOthers(graph, fixed, data.floats) : graph;
      const model = await loadModel(device, whole, { inputShapes, inputValues, ...options });
      try {
        if (isWhole && model.summary().layers.some(({ readsBack }) => readsBack)) continue;
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

async function readInputs(graph: Graph, { inputs }: DataSet): Promise<Readonly<Record<string, Tensor>>> {
  const tensors = await readTensors(inputs);
  return Object.fromEntries(tensors.map((tensor, i) => [graph.inputs[i]?.name ?? `input ${i}`, tensor]));
}

/** The graph with the floats that are fed after the first input as initializers: the backend tests feed weights too. */
function withWeights(graph: Graph, inputs: Readonly<Record<string, Tensor>>): Graph {
  const weights = graph.inputs.slice(1).flatMap(({ name }) => {
    const tensor = inputs[name];
    return tensor && isFloat(tensor.dtype) ? [[name, tensor] as const] : [];
  });
  const names = new Set(weights.map(([name]) => name));
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => !names.has(name)),
    initializers: new Map([...graph.initializers, ...weights]),
  };
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

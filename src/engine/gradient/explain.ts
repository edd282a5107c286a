// Explanations of a score as graphs: what is computed of a network's values, and in how many runs.
import { ModelError } from "../errors.ts";
import { type Graph, producersOf, type TypedGraph } from "../graph/graph.ts";
import { type Axes, sizeOf } from "../shapes.ts";
import { NoBatchError, usualBatch } from "./batch.ts";
import { Draft, type Explained } from "./draft.ts";
import { type GradientMethod, gradientMethods } from "./methods/gradients.ts";
import { type Pass, type SampledMethod, type SampledOptions, sampledMethods } from "./methods/sampled.ts";
import { isView } from "./target.ts";

export type { Pass, SampledOptions } from "./methods/sampled.ts";

export type ExplanationMethod = keyof typeof gradientMethods | keyof typeof sampledMethods;

const methods: Readonly<Record<string, GradientMethod | SampledMethod>> = { ...gradientMethods, ...sampledMethods };

export const explanationMethods = Object.keys(methods) as readonly ExplanationMethod[];

/** What a method tells of a value: something of each element, one map of all channels, or one number of each channel. */
export function resultOf(method: ExplanationMethod): "elements" | "map" | "channels" {
  return (methods[method] as GradientMethod).result;
}

/** Whether the method makes one map of all channels, and not one number for each element. */
export function isActivationMap(method: ExplanationMethod): boolean {
  return resultOf(method) === "map" && !isOfPicture(method);
}

/** Whether it is of the picture, unless another value is named: others are of a layer's maps. */
export function isOfPicture(method: ExplanationMethod): boolean {
  return resultOf(method) === "elements" || method === "occlusion";
}

/** Whether it is of one layer only, as what takes several runs is. */
export function takesOneLayer(method: ExplanationMethod): boolean {
  return method in sampledMethods;
}

export interface ExplanationPlan extends ReturnType<Draft["finish"]> {
  /** The runs of one explanation, where it takes several. */
  readonly passes?: ((followsTop: boolean) => readonly Pass[]) | undefined;
}

/** The result that is Σ weights · scores of a run, where the method tells it. */
export const scoreResult = "explanation/score";

export interface ExplanationOptions extends SampledOptions {
  /** Types a graph in the making. @throws NoBatchError where it cannot */
  readonly infer: (graph: Graph) => TypedGraph;
  /** What the axes of values are that may lie otherwise than NCHW. */
  readonly axes?: ReadonlyMap<string, Axes> | undefined;
}

/**
 * @param values what it is explained by: inputs, or layers with rows and columns for a map
 * @throws ModelError, UnsupportedError as `gradientOf` does, and for a map of a value without rows and columns
 */
export function explanationOf(
  graph: TypedGraph,
  method: ExplanationMethod,
  explained: Explained,
  values: readonly string[],
  options: ExplanationOptions,
): ExplanationPlan {
  if (method in sampledMethods) return sampledExplanationOf(graph, method as keyof typeof sampledMethods, explained, values, options);
  const { axes } = options;
  const draft = new Draft(graph);
  const ofElements = resultOf(method) === "elements";
  const turned = (value: string): string => (ofElements ? value : draft.channelsFirst(value, axes?.get(value)));
  const { combine, result, rules } = (gradientMethods as Readonly<Record<string, GradientMethod>>)[method] as GradientMethod;
  const flat = result === "map" && values.find((value) => (graph.types.get(value)?.shape.length ?? 0) < 3);
  if (flat)
    throw new ModelError(`'${flat}' has no rows and columns, so there is no map of it. Name a layer that has, such as a convolution.`);
  if (method === "cam") for (const value of values) checkPooled(graph, value, explained.value, axes);
  const own = values.map(turned);
  const { gradients } = draft.differentiate(explained, own, { rules });
  const { emit } = draft;
  const results = values.map((name, i) => {
    const value = own[i] as string;
    emit.writeFor(name);
    const spatial = Array.from({ length: Math.max(0, emit.shapeOf(value).length - 2) }, (_, axis) => axis + 2);
    return [name, combine({ emit, value, gradient: gradients[i] as string, spatial, signed: options.signed })] as const;
  });
  return draft.finish(new Map(results));
}

function sampledExplanationOf(
  graph: TypedGraph,
  method: keyof typeof sampledMethods,
  explained: Explained,
  values: readonly string[],
  { axes, ...options }: ExplanationOptions,
): ExplanationPlan {
  const [value = "", ...others] = values;
  if (others.length > 0) throw new ModelError(`${method} is of one value, not of ${values.length}.`);
  if (method.startsWith("ablation") && axes?.get(value)?.includes("n") === false)
    throw new ModelError(
      `'${value}' has no batch, so copies of it cannot be computed at once. ${method === "ablation" ? "importance" : "Grad-CAM"} takes any layer.`,
    );
  const { build, result: kind }: SampledMethod = sampledMethods[method];
  const planFor = (batch: number): ExplanationPlan => {
    const draft = new Draft(graph);
    const own = kind === "elements" ? value : draft.channelsFirst(value, axes?.get(value));
    const { result, score, passes } = build(draft, explained, own, { ...options, batch });
    return { ...draft.finish(new Map([[value, result], ...(score ? [[scoreResult, score] as const] : [])])), passes };
  };
  try {
    return planFor(options.batch ?? usualBatch(graph, value, explained.value));
  } catch (error) {
    // What takes one picture only is explained with one in each run; the channels of one layer are not.
    if (method === "occlusion" && error instanceof NoBatchError) return planFor(1);
    throw error;
  }
}

/** @throws ModelError unless the scores are a dense layer, or nothing, behind the mean of each of the layer's channels */
function checkPooled(graph: TypedGraph, layer: string, scores: string, axes: ExplanationOptions["axes"]): void {
  const producers = producersOf(graph);
  const isConstant = (input = "") => graph.initializers.has(input) || graph.parameters?.has(input) === true;
  let dense = 0;
  let pools = 0;
  let value = scores;
  while (value !== layer) {
    const node = producers.get(value);
    const [input = "", second] = node?.inputs ?? [];
    const isDense = ["Gemm", "MatMul"].includes(node?.operator ?? "") && isConstant(second);
    const isBias = node?.operator === "Add" && isConstant(second);
    const isMean =
      node?.operator === "GlobalAveragePool" || (node?.operator === "ReduceMean" && isMeanOfPlaces(graph, input, value, axes?.get(input)));
    if (isDense) dense++;
    if (isMean) pools++;
    if (!node || !(isDense || isBias || isMean || isView(node.operator)) || dense > 1 || pools > 1) break;
    value = input;
  }
  if (value === layer && pools === 1) return;
  throw new ModelError(
    `CAM is of a layer whose mean over all places goes into one dense layer, and '${layer}' is none. Grad-CAM is the same for any layer.`,
  );
}

function isMeanOfPlaces({ types }: TypedGraph, input: string, output: string, axes: Axes = "nc"): boolean {
  const [from, to] = [types.get(input)?.shape ?? [], types.get(output)?.shape ?? []];
  return sizeOf(from.filter((_, axis) => "nc".includes(axes[axis] ?? "other"))) === sizeOf(to);
}

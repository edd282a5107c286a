// The operators and kernels that one model may use. Each file in this folder, or in on-demand/, default-exports one operator or a list
// of them and is found so; files that only help others, or are fetched for the operators they name, are left out.
import { missingPart, UnsupportedError } from "../errors.ts";
import type { Graph, Node } from "../graph/graph.ts";
import type { Pass } from "../graph/pass.ts";
import type { Families } from "./families.ts";
import { type Operator, type OperatorModules, operatorsOf, type Target } from "./operator.ts";

/** Made once for a model and never changed: what another model loads changes nothing here. */
export interface Catalog {
  readonly operators: readonly Operator[];
  readonly families: Families;
  /** Rewritings besides those that operators bring, done before convolutions take in what follows them. */
  readonly passes: readonly Pass[];
  /** The implementation of an operator, if there is one and it was loaded. */
  find(domain: string, name: string): Operator | undefined;
}

export interface CatalogOptions {
  /** What kernels are chosen for. Without one, families are left out: enough to infer types. */
  readonly target?: Target | undefined;
  /** The rarer operators, and a kernel for any case, whether or not the graph names one of them. */
  readonly hasRareCases?: boolean;
  /** All operators and kernels, for callers that choose kernels by name. */
  readonly isComplete?: boolean;
}

const common = operatorsOf(
  import.meta.glob(
    [
      "./*.ts",
      "!./{axes,catalog,checks,context,dispatch,element-wise-kernel,families,matrix-product,operator,reduction,sign}.ts",
      "!./{element-wise-special,gemm,global-pool,movement,pool,reshaping,softmax}.ts",
    ],
    {
      eager: true,
      import: "default",
    },
  ) as OperatorModules,
);

interface Part {
  /** The operators that it has, and no others. */
  readonly names: readonly string[];
  readonly load: () => Promise<{ readonly default: Operator | readonly Operator[] }>;
}

/** Frequent operators that are fetched for the graphs that name one. */
export const parts: readonly Part[] = [
  { names: ["Gemm"], load: () => import("./gemm.ts") },
  { names: ["MaxPool", "AveragePool"], load: () => import("./pool.ts") },
  { names: ["GlobalAveragePool", "GlobalMaxPool"], load: () => import("./global-pool.ts") },
  { names: ["Concat", "Transpose"], load: () => import("./movement.ts") },
  { names: ["Softmax", "LogSoftmax", "Hardmax"], load: () => import("./softmax.ts") },
  { names: ["Reshape", "Flatten", "Squeeze", "Identity", "Dropout", "Constant"], load: () => import("./reshaping.ts") },
  { names: ["BatchNormalization", "Clip", "Sum", "Cast", "CastLike"], load: () => import("./element-wise-special.ts") },
];

type Weighted = Pick<Graph, "nodes" | "initializers" | "parameters">;

/**
 * Fetches the parts of the program that a graph takes, and lists what they have.
 *
 * @param graph without one, the parts that any graph takes on this target: to have them fetched early
 * @throws UnsupportedError if the rarer operators are needed and cannot be fetched
 */
export async function loadCatalog(graph: Weighted | undefined, options: CatalogOptions): Promise<Catalog> {
  const { target, hasRareCases = false, isComplete = false } = options;
  const names = new Set(graph?.nodes.map(({ domain, operator }) => keyOf(domain, operator)));
  const isKnown = (name: string) => common.some((operator) => keyOf(operator.domain, operator.name) === name);
  const isInPart = (name: string) => parts.some((part) => part.names.some((one) => keyOf("", one) === name));
  const needsRare = isComplete || hasRareCases || [...names].some((name) => !isKnown(name) && !isInPart(name));
  // The rarer part imports the others: it does not wait for them one after another.
  const needed = parts.filter((part) => needsRare || part.names.some((name) => names.has(keyOf("", name))));
  const pays = (when: (graph: Weighted) => boolean) => isComplete || (target !== undefined && graph !== undefined && when(graph));
  const [rare, frequent, implicitGemm, winograd, depthwise, folding] = await Promise.all([
    needsRare ? required("the rarer operators", () => import("./on-demand/index.ts")) : undefined,
    Promise.all(needed.map((part) => required(part.names.join(", "), part.load))),
    isComplete || (target && target.profile !== "software") ? optional(() => import("./convolution/implicit-gemm.ts")) : undefined,
    pays(has3x3) ? optional(() => import("./convolution/winograd.ts")) : undefined,
    pays(hasGroups) ? optional(() => import("./convolution/depthwise.ts")) : undefined,
    pays(hasScaleShift) ? optional(() => import("./convolution/fold-scale-shift.ts")) : undefined,
  ]);
  const operators = [...common, ...frequent.flatMap((part) => part.default), ...(rare?.operators ?? [])];
  const byName = new Map(operators.map((operator) => [keyOf(operator.domain, operator.name), operator]));
  const convolution = [implicitGemm?.implicitGemmCandidates, winograd?.winogradCandidates, depthwise?.depthwiseCandidates];
  return {
    operators,
    families: { convolution: convolution.filter((family) => family !== undefined), general: rare?.general },
    passes: folding ? [folding.foldScaleShift] : [],
    find: (domain, name) => byName.get(keyOf(domain, name)),
  };
}

function keyOf(domain: string, name: string): string {
  return `${domain}:${name}`;
}

/** Whether a convolution is 3×3, as far as the graph tells before its shapes are known. */
function has3x3({ nodes, initializers, parameters }: Weighted): boolean {
  const is3x3 = ({ attributes, inputs: [, weight = ""] }: Node): boolean =>
    String(attributes.get("kernel_shape") ?? (initializers.get(weight) ?? parameters?.get(weight))?.shape.slice(2)) === "3,3";
  return nodes.some((node) => node.operator === "Conv" && is3x3(node));
}

function hasGroups({ nodes }: Weighted): boolean {
  return nodes.some(({ operator, attributes }) => operator === "Conv" && Number(attributes.get("group") ?? 1) > 1);
}

/** Whether something may be folded into a convolution: a BatchNormalization, or a Mul or Add by what is known at load. */
function hasScaleShift({ nodes, initializers, parameters }: Weighted): boolean {
  const known = new Set([...initializers.keys(), ...(parameters?.keys() ?? [])]);
  for (const { inputs, outputs } of nodes)
    if (inputs.every((name) => !name || known.has(name))) for (const name of outputs) known.add(name);
  return nodes.some(({ operator, inputs, outputs: [output = ""] }) => {
    if (operator === "BatchNormalization") return true;
    return (operator === "Mul" || operator === "Add") && !known.has(output) && inputs.some((name) => known.has(name));
  });
}

/** Loads what only makes a model faster. If its download fails, the model runs without it. */
function optional<T>(load: () => Promise<T>): Promise<T | undefined> {
  return load().catch(() => undefined);
}

async function required<T>(what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new UnsupportedError(missingPart(`with ${what}`, error));
  }
}

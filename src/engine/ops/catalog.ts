// The operators and kernels that one model may use. Those that nearly every network names are always there; others are fetched for the
// models that name them.
import { missingPart, UnsupportedError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Pass } from "../graph/pass.ts";
import convolution from "./convolution.ts";
import elementWise from "./element-wise.ts";
import type { Families } from "./families.ts";
import type { Operator, Target } from "./operator.ts";
import pool from "./pool.ts";
import reshaping from "./reshaping.ts";

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
  /** What kernels are chosen for. Without one, those are left out that depend on it: enough to infer types. */
  readonly target?: Target | undefined;
  /** The rarer operators, and a kernel for any case, whether or not the graph names one of them. */
  readonly hasRareCases?: boolean;
  /** Winograd's kernels, which pay where much is computed. */
  readonly hasMuchToGain?: boolean;
  /** The rarer operators and those of training, whether or not the graph names one of them: it is the one to be trained; "scaled" by a loss that is scaled. */
  readonly isForTraining?: boolean | "scaled";
  /** All operators and kernels, for callers that choose kernels by name. */
  readonly isComplete?: boolean;
}

const common: readonly Operator[] = [...convolution, ...elementWise, ...pool, ...reshaping];

interface Part {
  /** The operators that it has, and no others. */
  readonly names: readonly string[];
  readonly load: () => Promise<{ readonly default: readonly Operator[] }>;
}

/** Operators that many networks do without: fetched for the graphs that name one. */
export const parts: readonly Part[] = [
  {
    names: ["Gemm", "Softmax", "LogSoftmax", "Hardmax", "Cast", "CastLike"],
    load: () => import("./dense.ts"),
  },
  { names: ["BatchNormalization"], load: () => import("./batch-normalization.ts") },
  { names: ["Clip"], load: () => import("./clip.ts") },
  { names: ["GlobalAveragePool", "GlobalMaxPool"], load: () => import("./global-pool.ts") },
  { names: ["Concat", "Transpose"], load: () => import("./movement.ts") },
  { names: ["Sum"], load: () => import("./variadic.ts") },
];

/** All others are rare. */
const commonKeys: ReadonlySet<string> = new Set([...common.map(keyOf), ...parts.flatMap(keysOf)]);

interface FartherPart {
  readonly default: readonly Operator[];
  readonly families?: Partial<Families>;
}

/**
 * Operators that few networks name, and those of training: what every training takes, what few do, and what is faster where the GPU is software. Which of
 * these parts a graph takes, the rarer operators know: the names are theirs.
 */
const farther: Readonly<Record<string, () => Promise<FartherPart>>> = {
  training: () => import("./training/index.ts"),
  rareTraining: () => import("./training/rare.ts"),
  softwareTraining: () => import("./training/software.ts"),
  scaling: () => import("./loss-scaling/index.ts"),
  arrays: () => import("./arrays/index.ts"),
  sampling: () => import("./sampling/index.ts"),
  sequences: () => import("./sequences/index.ts"),
  control: () => import("./control/index.ts"),
  quantised: () => import("./quantised/index.ts"),
};

type Weighted = Pick<Graph, "nodes" | "initializers" | "parameters">;

/**
 * Fetches the parts of the program that a graph takes, and lists what they have.
 *
 * @param graph without one, the parts that any graph takes on this target: to have them fetched early
 * @throws UnsupportedError if the rarer operators are needed and cannot be fetched
 */
export async function loadCatalog(graph: Weighted | undefined, options: CatalogOptions): Promise<Catalog> {
  const { target, hasRareCases, hasMuchToGain, isForTraining, isComplete } = options;
  const keys = new Set(graph?.nodes.map(({ domain, operator: name }) => keyOf({ domain, name })));
  const needsRare = isComplete || hasRareCases || isForTraining || [...keys].some((key) => !commonKeys.has(key));
  // The rarer part imports the others: it does not wait for them one after another.
  const needed = parts.filter((part) => needsRare || keysOf(part).some((key) => keys.has(key)));
  const pays = (when: (graph: Weighted) => boolean) => isComplete || (graph !== undefined && when(graph));
  const [named, rare, implicitGemm, winograd, depthwise, folding, idioms] = await Promise.all([
    Promise.all(needed.map((part) => required(part.load))),
    needsRare ? required(() => import("./on-demand/index.ts")) : undefined,
    isComplete || (target && target.profile !== "software") ? optional(() => import("./convolution/implicit-gemm.ts")) : undefined,
    isComplete || hasMuchToGain ? optional(() => import("./convolution/winograd.ts")) : undefined,
    pays(hasGroups) ? optional(() => import("./convolution/depthwise.ts")) : undefined,
    pays(hasScaleShift) ? optional(() => import("./convolution/fold-scale-shift.ts")) : undefined,
    pays(hasIdioms) ? optional(() => import("./idioms/index.ts")) : undefined,
  ]);
  const takes = rare?.takes(graph, keys, options);
  // Imported here and not by the rarer part: bundlers put a worker and its parts into one file only where no part imports another on demand.
  const others = await Promise.all(Object.entries(farther).flatMap(([part, load]) => (takes?.(part) ? required(load) : [])));
  const operators = [
    ...common,
    ...[...named, ...others].flatMap((part) => part.default),
    ...(rare?.operators ?? []),
    ...(idioms?.operators ?? []),
  ];
  const byName = new Map(operators.map((operator) => [keyOf(operator), operator]));
  const families = [implicitGemm?.implicitGemmCandidates, winograd?.winogradCandidates, depthwise?.depthwiseCandidates];
  return {
    operators,
    families: {
      convolution: families.filter((family) => family !== undefined),
      general: rare?.general,
      ...Object.assign({}, ...others.map((part) => part.families)),
    },
    passes: [...(idioms?.passes ?? []), ...(folding ? [folding.foldScaleShift] : [])],
    find: (domain, name) => byName.get(keyOf({ domain, name })),
  };
}

function keysOf({ names }: Part): readonly string[] {
  return names.map((name) => `:${name}`);
}

function keyOf({ domain, name }: Pick<Operator, "domain" | "name">): string {
  return `${domain}:${name}`;
}

function hasGroups({ nodes }: Weighted): boolean {
  return nodes.some(({ operator, attributes }) => /Conv$/.test(operator) && Number(attributes.get("group") ?? 1) > 1);
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

/** Whether some nodes may be what exporters write for one operator. */
function hasIdioms({ nodes }: Weighted): boolean {
  return nodes.some(({ operator }) => /^(Div|(Mat)?Mul|Transpose)$/.test(operator));
}

/** Loads what only makes a model faster. If its download fails, the model runs without it. */
function optional<T>(load: () => Promise<T>): Promise<T | undefined> {
  return load().catch(() => undefined);
}

function required<T>(load: () => Promise<T>): Promise<T> {
  return load().catch((error) => {
    throw new UnsupportedError(missingPart("with operators", error));
  });
}

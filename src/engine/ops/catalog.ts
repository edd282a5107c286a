// The operators and kernels that one model may use. Each file in this folder, or in on-demand/, default-exports one operator or a list
// of them and is found so; files that only help others are left out by name.
import { UnsupportedError } from "../errors.ts";
import type { Graph, Node } from "../graph/graph.ts";
import type { ConvolutionFamily, Families } from "./families.ts";
import { type Operator, type OperatorModules, operatorsOf, type Target } from "./operator.ts";

/** Made once for a model and never changed: what another model loads changes nothing here. */
export interface Catalog {
  readonly operators: readonly Operator[];
  readonly families: Families;
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
    ["./*.ts", "!./{axes,catalog,checks,context,dispatch,element-wise-kernel,families,matrix-product,operator,reduction,sign}.ts"],
    {
      eager: true,
      import: "default",
    },
  ) as OperatorModules,
);

type Weighted = Pick<Graph, "nodes" | "initializers" | "parameters">;

/**
 * Fetches the parts of the program that a graph takes, and lists what they have.
 *
 * @param graph without one, the parts that any graph takes on this target: to have them fetched early
 * @throws UnsupportedError if the rarer operators are needed and cannot be fetched
 */
export async function loadCatalog(graph: Weighted | undefined, options: CatalogOptions): Promise<Catalog> {
  const { target, hasRareCases = false, isComplete = false } = options;
  const isCommon = graph?.nodes.every(({ domain, operator }) => common.some((known) => isNamed(known, domain, operator))) ?? true;
  const paysImplicitGemm = isComplete || (target !== undefined && target.profile !== "software");
  const paysWinograd = isComplete || (target !== undefined && graph !== undefined && has3x3(graph));
  const paysDepthwise = isComplete || (target !== undefined && graph !== undefined && hasGroups(graph));
  const [onDemand, implicitGemm, winograd, depthwise] = await Promise.all([
    isComplete || hasRareCases || !isCommon ? loadOnDemand() : undefined,
    paysImplicitGemm
      ? optional(async (): Promise<ConvolutionFamily> => (await import("./convolution/implicit-gemm.ts")).implicitGemmCandidates)
      : undefined,
    paysWinograd
      ? optional(async (): Promise<ConvolutionFamily> => (await import("./convolution/winograd.ts")).winogradCandidates)
      : undefined,
    paysDepthwise
      ? optional(async (): Promise<ConvolutionFamily> => (await import("./convolution/depthwise.ts")).depthwiseCandidates)
      : undefined,
  ]);
  const operators = [...common, ...(onDemand?.operators ?? [])];
  const byName = new Map(operators.map((operator) => [keyOf(operator.domain, operator.name), operator]));
  const convolution = [implicitGemm, winograd, depthwise].filter((family) => family !== undefined);
  return { operators, families: { convolution, general: onDemand?.general }, find: (domain, name) => byName.get(keyOf(domain, name)) };
}

function isNamed(known: Operator, domain: string, name: string): boolean {
  return known.name === name && known.domain === domain;
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

/** Loads a family that only makes a model faster. If its download fails, the model runs without it. */
function optional<T>(load: () => Promise<T>): Promise<T | undefined> {
  return load().catch(() => undefined);
}

async function loadOnDemand(): Promise<typeof import("./on-demand/index.ts")> {
  try {
    return await import("./on-demand/index.ts");
  } catch (error) {
    throw new UnsupportedError(
      `The part of Convcam with the rarer operators could not be loaded: ${(error as Error).message}. Check the connection.`,
    );
  }
}

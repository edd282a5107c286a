// Finds every operator: each file in this folder, or in on-demand/, default-exports one or a list of them and is registered so.
// Files that only help others are left out by name.
import { UnsupportedError } from "../errors.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { addFamily } from "./convolution.ts";
import { type Operation, type Operator, type OperatorModules, operatorsOf, type Target } from "./operator.ts";

const operators = new Map<string, Operator>();

function register(list: readonly Operator[]): void {
  for (const operator of list) operators.set(keyOf(operator.domain, operator.name), operator);
}

function keyOf(domain: string, name: string): string {
  return `${domain}:${name}`;
}

register(
  operatorsOf(
    import.meta.glob(["./*.ts", "!./{index,axes,checks,dispatch,element-wise-kernel,matrix-product,operator,reduction}.ts"], {
      eager: true,
      import: "default",
    }) as OperatorModules,
  ),
);

/** The implementation of an operator, if there is one and {@link loadOperators} was asked for it. */
export function findOperator(domain: string, name: string): Operator | undefined {
  return operators.get(keyOf(domain, name));
}

/** Makes every operator of a graph available: fetches the rarer ones only if it has one that is not here yet. */
export async function loadOperators(graph: Pick<Graph, "nodes" | "initializers" | "parameters">): Promise<void> {
  const isComplete = graph.nodes.every(({ domain, operator }) => findOperator(domain, operator));
  await Promise.all([loadWinograd(graph), isComplete || loadRarer()]);
}

/**
 * Fetches the rarer kernels if one of these operations has none here.
 *
 * @returns whether it did: the operations are then to be described anew
 */
export async function loadKernels(operations: Iterable<Operation>, target: Target): Promise<boolean> {
  const isMissing = [...operations].some(({ isView, kernels }) => !isView && kernels?.(target).length === 0);
  if (isMissing) await loadRarer();
  return isMissing;
}

/** Fetches the kernels that pay on adapters with many lanes only. A model runs without them as well, if not as fast. */
export async function loadWideKernels({ subgroupSize }: Target): Promise<void> {
  if (subgroupSize) return;
  const more = await import("./convolution/implicit-gemm.ts").catch(() => undefined);
  if (more) addFamily(more.implicitGemmCandidates);
}

/** Fetches Winograd's kernels if a convolution is 3×3. A model runs without them as well, if not as fast. */
async function loadWinograd({ nodes, initializers, parameters }: Pick<Graph, "nodes" | "initializers" | "parameters">): Promise<void> {
  const is3x3 = ({ attributes, inputs: [, weight = ""] }: Node): boolean => {
    const kernel = attributes.get("kernel_shape") ?? (initializers.get(weight) ?? parameters?.get(weight))?.shape.slice(2);
    return String(kernel) === "3,3";
  };
  if (!nodes.some((node) => node.operator === "Conv" && is3x3(node))) return;
  const more = await import("./convolution/winograd.ts").catch(() => undefined);
  if (more) addFamily(more.winogradCandidates);
}

/** Fetches all there is, for who wants to choose among all kernels. */
export async function loadEverything(): Promise<void> {
  const [winograd] = await Promise.all([import("./convolution/winograd.ts"), loadRarer(), loadWideKernels({})]);
  addFamily(winograd.winogradCandidates);
}

/** An operator that is here already is replaced: the rarer part has it with more kernels. */
async function loadRarer(): Promise<void> {
  let more: typeof import("./on-demand/index.ts");
  try {
    more = await import("./on-demand/index.ts");
  } catch (error) {
    throw new UnsupportedError(
      `The part of Convcam with the rarer operators could not be loaded: ${(error as Error).message}. Check the connection.`,
    );
  }
  register(more.operators);
}

/** "domain:name" of every operator that is here. */
export function operatorNames(): readonly string[] {
  return [...operators.keys()];
}

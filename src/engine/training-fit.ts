// Trainings of at most so many bytes.
import type { Derived } from "./derived.ts";
import { ModelError } from "./errors.ts";
import { forwardOf, Recomputation, recomputed } from "./gradient/training/recompute.ts";
import type { Graph, TypedGraph } from "./graph/graph.ts";
import type { Network } from "./network.ts";
import { optimizeGraph } from "./passes/index.ts";
import type { Inference } from "./passes/infer.ts";
import { planGraph } from "./plan/planner.ts";

/** How much less it chooses for at once, as a share of what a step takes: each choice is planned, which takes a while. */
const leastTurn = 0.02;

type Derive<Made extends Derived> = (base: TypedGraph) => Made;

/**
 * Makes a graph that takes at most so many bytes of the GPU, parameters and what the optimiser remembers among them: what the way back reads is computed
 * again where it has to be.
 *
 * @param derive makes the graph that keeps everything
 * @throws ModelError where it takes more all the same
 */
export async function fit<Made extends Derived>(
  network: Network,
  derive: Derive<Made>,
  { maxBytes }: { readonly maxBytes?: number | undefined },
): Promise<Derive<Made>> {
  if (maxBytes === undefined) return derive;
  let made: Made | undefined;
  const whole = await network.optimize([], (base) => {
    made = derive(base);
    return made.graph;
  });
  const results = (made as Made | undefined)?.results ?? new Map<string, string>();
  const choice = new Recomputation(whole.graph, whole.operations, forwardEnds(results));
  const whatTakes = async (one: Derive<Made>) => bytesOf(await network.optimize([], (base) => one(base).graph), network);
  let least = bytesOf(whole, network);
  if (least <= maxBytes) return derive;
  for (let bytes = least, isMore = true; isMore; ) {
    isMore = choice.chooseFor(Math.max(bytes - maxBytes, leastTurn * bytes));
    const fitted = recomputing(derive, choice.chosen, whole);
    bytes = await whatTakes(fitted);
    if (bytes <= maxBytes) return fitted;
    least = Math.min(least, bytes);
  }
  throw new ModelError(
    `maxBytes: a step takes ${least} bytes even where all is computed again that can be; got ${maxBytes}. Compute it in parts (accumulate), or give a smaller batch.`,
  );
}

/** The values of losses, and of what they are of. */
function forwardEnds(results: ReadonlyMap<string, string>): readonly string[] {
  return [...results].flatMap(([name, value]) => (/^(loss$|loss of |scores of )/.test(name) ? [value] : []));
}

function recomputing<Made extends Derived>(derive: Derive<Made>, chosen: ReadonlySet<string>, { catalog }: Inference): Derive<Made> {
  return (base) => {
    const made = derive(base);
    const { outputs } = made.graph;
    const { graph, obstacles } = optimizeGraph(made.graph, catalog, { keep: new Set(outputs) });
    // Whoever asked for this graph hears of them.
    if (obstacles.length > 0) return made;
    const { name, opsets, metadata, inputs, initializers, parameters, updates, nodes } = graph;
    const plain: Graph = { name, opsets, metadata, inputs, outputs, initializers, parameters, updates, nodes };
    return { ...made, graph: recomputed(plain, forwardOf(graph, forwardEnds(made.results)), chosen) };
  };
}

function bytesOf({ graph, operations }: Inference, network: Network): number {
  const { device, halves } = network;
  const target = { ...device.target, quickStartBlock: undefined };
  const { weightBytes, activationBytes } = planGraph(graph, operations, {
    target,
    halves,
    chooseKernel: network.kernelChooser(graph),
  }).memory;
  return weightBytes + activationBytes;
}

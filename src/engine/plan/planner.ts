// Graph → Plan, in four parts: place the values, emit the steps, allocate the buffers, bind everything together. Then limits are checked.
import type { TypedGraph } from "../graph/graph.ts";
import type { Operation, Storage } from "../ops/operator.ts";
import { bindPlan } from "./bind.ts";
import { allocateBuffers, peakLiveBytes, type Request } from "./buffers.ts";
import { type Emission, emitSteps, isStorage } from "./emit.ts";
import type { HalfStorage } from "./halves.ts";
import { conflictsOf, lifetimesOf } from "./lifetimes.ts";
import { checkLimits } from "./limits.ts";
import { chooseNodes, type NodeOptions, type PlannedGraph } from "./nodes.ts";
import { type Placements, placeValues } from "./place.ts";
import type { Plan } from "./plan.ts";

export interface PlanOptions extends NodeOptions {
  /** Values that can be read after a run, besides inputs and outputs. Passes must have kept them. */
  readonly keep?: readonly string[];
  /** Stores weights, and values that cannot be read after a run, in 16 bits. */
  readonly halves?: HalfStorage | undefined;
}

/**
 * Plans a graph whose every node has an operation without obstacles.
 *
 * @throws UnsupportedError with all reasons where the target does not allow what it takes
 */
export function planGraph(graph: TypedGraph, operations: ReadonlyMap<string, Operation>, options: PlanOptions = {}): Plan {
  const { halves } = options;
  const planned = chooseNodes(graph, operations, new Set([...graph.outputs, ...(options.keep ?? [])]), options);
  const placements = placeValues(planned);
  const emission = emitSteps(planned, placements, halves);
  const requestsAt = (timeOf: (step: number) => number) => requestsOf(planned, placements, emission, halves, timeOf);
  // The peak is counted by nodes: what a kernel needs between its dispatches is alive while its node computes.
  const peakBytes = peakLiveBytes(requestsAt((step) => emission.steps[step]?.position as number));
  const conflicts = conflictsOf(emission);
  const requests = requestsAt((step) => step).map((request) => ({ ...request, conflicts: conflicts.get(request.storage) ?? noConflicts }));
  const assignment = allocateBuffers(requests, peakBytes, planned.target.maxBufferBytes);
  return checkLimits(bindPlan(planned, { emission, placements, requests, assignment, peakBytes }, halves), planned.target);
}

const noConflicts: ReadonlyMap<Storage, boolean> = new Map();

/** Every storage with its size, lifetime and conflicts. */
function requestsOf(
  planned: PlannedGraph,
  placements: Placements,
  emission: Emission,
  halves: HalfStorage | undefined,
  timeOf: (step: number) => number,
): readonly Request[] {
  const lifetimes = lifetimesOf(emission, timeOf);
  const pinned = new Set(
    [...planned.kept, ...planned.graph.inputs.map(({ name }) => name)].map((name) => placements.of.get(name)?.storage),
  );
  const stores = halves?.stores(planned, placements, emission.floats, pinned);
  return emission.memories.filter(isStorage).map((storage) => ({
    storage,
    lifetime: pinned.has(storage) ? "always" : (lifetimes.get(storage) ?? "always"),
    elementBytes: stores?.(storage) ? 2 : 4,
  }));
}

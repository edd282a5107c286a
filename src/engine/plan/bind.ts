// The last part of planning: steps, storages and their assignment become a Plan, in which everything is an index into its buffers.

import type { Storage, Target } from "../ops/operator.ts";
import type { Tensor } from "../tensor.ts";
import { declareAliases } from "./aliases.ts";
import type { Assignment, Request } from "./buffers.ts";
import { type Emission, isStorage, type Memory, type UnboundStep } from "./emit.ts";
import type { HalfStorage } from "./halves.ts";
import { type PlannedGraph, typeOf } from "./nodes.ts";
import type { Placements } from "./place.ts";
import type { BoundRange, PlacedValue, Plan, PlanBuffer, Step } from "./plan.ts";
import { zeroBorderStep } from "./zero-border.ts";

export interface Unbound {
  readonly emission: Emission;
  readonly placements: Placements;
  readonly requests: readonly Request[];
  readonly assignment: Assignment;
  readonly peakBytes: number;
}

export function bindPlan(planned: PlannedGraph, unbound: Unbound, halves: HalfStorage | undefined): Plan {
  const { emission, assignment, placements, requests, peakBytes } = unbound;
  const shared = assignedBuffers(planned, unbound);
  const constantBuffers = emission.memories.filter((memory): memory is PlanBuffer => !isStorage(memory));
  const buffers = [...shared, ...constantBuffers];
  const indexOf = new Map<Memory, number>([
    ...assignment.bufferOf,
    ...constantBuffers.map((buffer, i) => [buffer, shared.length + i] as const),
  ]);
  return {
    buffers,
    steps: bindSteps(emission.steps, requests, assignment, indexOf, { halves, target: planned.target }),
    ...placedValues(planned, placements, indexOf),
    memory: { weightBytes: sizeOf(constantBuffers), activationBytes: sizeOf(shared), peakLiveBytes: peakBytes },
  };
}

function sizeOf(buffers: readonly PlanBuffer[]): number {
  return buffers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function assignedBuffers({ graph }: PlannedGraph, { assignment, placements }: Unbound): readonly PlanBuffer[] {
  const inputs = new Set(graph.inputs.map(({ name }) => placements.of.get(name)?.storage));
  return assignment.buffers.map(({ sizeBytes, storages }) => ({
    label: storages.map(({ label }) => label).join(", "),
    sizeBytes,
    role: storages.some((storage) => inputs.has(storage)) ? "input" : "activations",
  }));
}

/** Inputs, outputs and kept values: where they lie, or what they are where they turned out to be constants. */
function placedValues(
  planned: PlannedGraph,
  placements: Placements,
  indexOf: ReadonlyMap<Memory, number>,
): Pick<Plan, "values" | "constants"> {
  const values = new Map<string, PlacedValue>();
  const constants = new Map<string, Tensor>();
  for (const name of [...planned.graph.inputs.map((input) => input.name), ...planned.kept]) {
    const placement = placements.of.get(name);
    const constant = planned.graph.initializers.get(name);
    if (placement) {
      const { offset, strides, storage } = placement;
      values.set(name, { ...typeOf(planned, name), offset, strides, buffer: indexOf.get(storage) as number });
    } else if (constant) constants.set(name, constant);
  }
  return { values, constants };
}

/** The steps with their buffers. Before the first step that writes a storage there may be one that clears its border. */
function bindSteps(
  unbound: readonly UnboundStep[],
  requests: readonly Request[],
  { bufferOf, rangeOf, borderClears }: Assignment,
  indexOf: ReadonlyMap<Memory, number>,
  { halves, target }: { readonly halves: HalfStorage | undefined; readonly target: Target },
): readonly Step[] {
  const halved = new Set<Storage>(requests.flatMap(({ storage, elementBytes }) => (elementBytes === 2 ? storage : [])));
  const isHalf = (memory: Memory) => (isStorage(memory) ? halved.has(memory) : memory.holdsHalves === true);
  const steps = unbound.map(({ step, memory, touched }): Step[] => {
    const entries = Object.entries(memory);
    const halfNames = entries.flatMap(([name, bound]) => (isHalf(bound) ? name : []));
    const ranges = entries.flatMap(([name, bound]): [string, BoundRange][] => {
      const range = isStorage(bound) ? rangeOf.get(bound) : undefined;
      return range ? [[name, range]] : [];
    });
    return [
      {
        ...step,
        shader: halves?.shader(step.shader, halfNames) ?? step.shader,
        bindings: Object.fromEntries(entries.map(([name, bound]) => [name, indexOf.get(bound) as number])),
        ...(ranges.length > 0 && { ranges: Object.fromEntries(ranges) }),
        bytes: entries.reduce((sum, [name, bound]) => sum + (touched[name] ?? 0) * (isHalf(bound) ? 2 : 4), 0),
      },
    ];
  });
  for (const { storage, lifetime, elementBytes } of requests) {
    const elements = borderClears.get(storage);
    if (elements === undefined || lifetime === "always") continue;
    const step = zeroBorderStep(storage, elements, bufferOf.get(storage) as number, {
      range: rangeOf.get(storage),
      target,
    });
    steps[lifetime.first]?.unshift(elementBytes === 2 && halves ? halves.ofBorder(step) : step);
  }
  return declareAliases(steps.flat());
}

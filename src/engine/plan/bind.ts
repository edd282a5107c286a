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
  const { emission, assignment, placements, peakBytes } = unbound;
  const shared = assignedBuffers(planned, unbound);
  const ownBuffers = emission.memories.filter((memory): memory is PlanBuffer => !isStorage(memory));
  const indexOf = new Map<Memory, number>([...assignment.bufferOf, ...ownBuffers.map((buffer, i) => [buffer, shared.length + i] as const)]);
  for (const [storage, buffer] of emission.ownBuffers) indexOf.set(storage, indexOf.get(buffer) as number);
  const binder = new Binder(unbound, indexOf, halves, planned.target);
  const prepare = emission.prepare.map((step) => ({ ...binder.bind(step), parameters: step.parameters ?? [] }));
  const groups = binder.bindAll(emission.steps);
  const producedBy = producerSteps(planned, emission.steps, groups);
  return {
    buffers: [...shared, ...ownBuffers],
    prepare,
    steps: declareAliases(groups.flat()),
    updates: [...(planned.graph.updates?.keys() ?? [])],
    ...placedValues(planned, placements, indexOf, producedBy),
    memory: { weightBytes: sizeOf(ownBuffers), activationBytes: sizeOf(shared), peakLiveBytes: peakBytes },
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

/** Inputs, outputs and kept values: where they lie, or their tensors where they turned out to be constants. */
function placedValues(
  planned: PlannedGraph,
  placements: Placements,
  indexOf: ReadonlyMap<Memory, number>,
  producedBy: ReadonlyMap<string, number>,
): Pick<Plan, "values" | "constants"> {
  const values = new Map<string, PlacedValue>();
  const constants = new Map<string, Tensor>();
  for (const name of [...planned.graph.inputs.map((input) => input.name), ...planned.kept]) {
    const placement = placements.of.get(name);
    const constant = planned.graph.initializers.get(name);
    if (placement) {
      const { offset, strides, storage } = placement;
      const step = producedBy.get(name);
      const buffer = indexOf.get(storage) as number;
      values.set(name, { ...typeOf(planned, name), offset, strides, buffer, ...(step !== undefined && { producedBy: step }) });
    } else if (constant) constants.set(name, constant);
  }
  return { values, constants };
}

/** The step that writes each value last: the last step of its node. A view has no step, so the one of its source counts. */
function producerSteps(
  { nodes }: PlannedGraph,
  unbound: readonly UnboundStep[],
  groups: readonly (readonly Step[])[],
): ReadonlyMap<string, number> {
  const lastOfNode = new Map<number, number>();
  let count = 0;
  unbound.forEach(({ position }, i) => {
    count += (groups[i] as readonly Step[]).length;
    lastOfNode.set(position, count - 1);
  });
  const producedBy = new Map<string, number>();
  for (const { node, position } of nodes) {
    const step = lastOfNode.get(position) ?? Math.max(-1, ...node.inputs.flatMap((input) => producedBy.get(input) ?? []));
    if (step >= 0) for (const output of node.outputs) producedBy.set(output, step);
  }
  return producedBy;
}

class Binder {
  readonly #requests: readonly Request[];
  readonly #assignment: Assignment;
  readonly #indexOf: ReadonlyMap<Memory, number>;
  readonly #halves: HalfStorage | undefined;
  readonly #target: Target;
  readonly #halved: ReadonlySet<Storage>;

  constructor({ requests, assignment }: Unbound, indexOf: ReadonlyMap<Memory, number>, halves: HalfStorage | undefined, target: Target) {
    this.#requests = requests;
    this.#assignment = assignment;
    this.#target = target;
    this.#indexOf = indexOf;
    this.#halves = halves;
    this.#halved = new Set(requests.flatMap(({ storage, elementBytes }) => (elementBytes === 2 ? storage : [])));
  }

  /** The steps with their buffers, each in a group: before the first step that writes a storage there may be one that clears its border. */
  bindAll(unbound: readonly UnboundStep[]): readonly (readonly Step[])[] {
    const { bufferOf, rangeOf, borderClears } = this.#assignment;
    const groups = unbound.map((step) => [this.bind(step)]);
    for (const { storage, lifetime, elementBytes } of this.#requests) {
      const elements = borderClears.get(storage);
      if (elements === undefined || lifetime === "always") continue;
      const step = zeroBorderStep(storage, elements, bufferOf.get(storage) as number, {
        range: rangeOf.get(storage),
        target: this.#target,
      });
      groups[lifetime.first]?.unshift(elementBytes === 2 && this.#halves ? this.#halves.ofBorder(step) : step);
    }
    return groups;
  }

  bind({ step, memory, touched }: UnboundStep): Step {
    const entries = Object.entries(memory);
    const halfNames = entries.flatMap(([name, bound]) => (this.#isHalf(bound) ? name : []));
    const ranges = entries.flatMap(([name, bound]): [string, BoundRange][] => {
      const range = isStorage(bound) ? this.#assignment.rangeOf.get(bound) : undefined;
      return range ? [[name, range]] : [];
    });
    return {
      ...step,
      shader: this.#halves?.shader(step.shader, halfNames) ?? step.shader,
      bindings: Object.fromEntries(entries.map(([name, bound]) => [name, this.#indexOf.get(bound) as number])),
      ...(ranges.length > 0 && { ranges: Object.fromEntries(ranges) }),
      bytes: entries.reduce((sum, [name, bound]) => sum + (touched[name] ?? 0) * (this.#isHalf(bound) ? 2 : 4), 0),
    };
  }

  #isHalf(memory: Memory): boolean {
    return isStorage(memory) ? this.#halved.has(memory) : memory.holdsHalves === true;
  }
}

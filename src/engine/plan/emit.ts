// Lists the dispatches of every node, and the copies that bring its inputs into the layouts that its kernel reads.
import type { ValueType } from "../graph/graph.ts";
import { copyDispatch } from "../ops/element-wise-kernel.ts";
import type { Dispatch, PackedConstant, PlacedOperand, Scratch, Storage } from "../ops/operator.ts";
import { denseStrides, sizeOf } from "../shapes.ts";
import { isFloat, type Tensor } from "../tensor.ts";
import { ConstantPool } from "./constants.ts";
import type { HalfStorage } from "./halves.ts";
import { borderedPlacement, coversBorder, noBorder, type Placement } from "./layouts.ts";
import { gridOf } from "./limits.ts";
import { type PlannedGraph, type PlannedNode, readsStrided, typeOf } from "./nodes.ts";
import { type Placements, wantedBorder } from "./place.ts";
import type { PlanBuffer, Step } from "./plan.ts";

/** What a binding refers to before buffers are assigned: a storage, or the buffer of a constant. */
export type Memory = Storage | PlanBuffer;

export function isStorage(memory: Memory): memory is Storage {
  return "elements" in memory;
}

/** A step whose buffers are not assigned yet. */
export interface UnboundStep {
  readonly step: Omit<Step, "bindings" | "bytes">;
  readonly memory: Readonly<Record<string, Memory>>;
  /** Binding name to how many elements are read or written at least once. */
  readonly touched: Readonly<Record<string, number>>;
  /** Index of the node that it computes for. */
  readonly position: number;
}

export interface Emission {
  readonly steps: readonly UnboundStep[];
  /** Everything that steps bind, and the inputs, in order of appearance. */
  readonly memories: readonly Memory[];
  /** Storages of floating-point values. */
  readonly floats: ReadonlySet<Storage>;
}

export function emitSteps(planned: PlannedGraph, placements: Placements, halves: HalfStorage | undefined): Emission {
  const emitter = new Emitter(planned, placements, halves);
  for (const { name } of planned.graph.inputs) emitter.operand(name);
  for (const node of planned.nodes) emitter.emit(node);
  return emitter;
}

class Emitter implements Emission {
  readonly steps: UnboundStep[] = [];
  readonly floats = new Set<Storage>();
  readonly #memories = new Set<Memory>();
  readonly #planned: PlannedGraph;
  readonly #placements: Placements;
  readonly #constants: ConstantPool;
  /** A second, bordered home of a value whose first home cannot have the border. */
  readonly #borderedCopies = new Map<string, Placement>();
  readonly #scratch = new Map<Scratch, Storage>();

  constructor(planned: PlannedGraph, placements: Placements, halves: HalfStorage | undefined) {
    this.#planned = planned;
    this.#placements = placements;
    this.#constants = new ConstantPool(planned.graph, halves);
  }

  get memories(): readonly Memory[] {
    return [...this.#memories];
  }

  emit(planned: PlannedNode): void {
    const { node, operation, kernel } = planned;
    if (!kernel) {
      const [input, output] = [node.inputs[0] as string, node.outputs[0] as string];
      // A view of a value with gaps, or of a constant, is a copy after all.
      const isShared = this.#placements.of.get(input)?.storage === this.#placements.of.get(output)?.storage;
      if (!isShared) this.#emitCopy(planned, node.name, this.operand(input), this.operand(output));
      return;
    }
    const inputs = node.inputs.map((name, index) => this.#inputFor(planned, name, index));
    const outputs = node.outputs.map((name, i) => (name ? this.operand(name) : this.#unwantedOutput(operation.outputs[i] as ValueType)));
    let { macs = 0 } = operation;
    for (const dispatch of kernel.dispatches(inputs, outputs)) {
      this.#emitDispatch(planned, node.name, kernel.name, dispatch, macs);
      macs = 0;
    }
  }

  operand(name: string): PlacedOperand {
    const placement = this.#placements.of.get(name);
    if (placement) return this.#placedAt(name, placement);
    const constant = this.#planned.graph.initializers.get(name) as Tensor;
    const layout = { offset: 0, strides: denseStrides(constant.shape), isDense: true };
    // A constant gets a buffer only when a dispatch binds it.
    return { ...typeOf(this.#planned, name), ...layout, memory: { kind: "constant" }, constant };
  }

  #inputFor(planned: PlannedNode, name: string, index: number): PlacedOperand | undefined {
    if (!name) return undefined;
    const { kernel } = planned;
    if (kernel?.ignoresInputs?.includes(index)) return this.#ignored(name);
    const operand = this.operand(name);
    if (this.#placements.slices.get(name)?.concat === planned) return undefined;
    const border = kernel?.borders?.[index] ?? noBorder;
    const actual = this.#placements.of.get(name)?.storage.border ?? noBorder;
    if (!coversBorder(actual, border)) return this.#borderedCopy(planned, name, operand);
    if (!operand.isDense && !readsStrided({ reader: planned, index })) return this.#denseCopy(planned, name, operand);
    return operand;
  }

  #ignored(name: string): PlacedOperand {
    const constant = this.#planned.graph.initializers.get(name);
    const layout = { offset: 0, strides: [], isDense: false };
    return { ...typeOf(this.#planned, name), ...layout, memory: { kind: "ignored" }, ...(constant && { constant }) };
  }

  #borderedCopy(planned: PlannedNode, name: string, operand: PlacedOperand): PlacedOperand {
    let copy = this.#borderedCopies.get(name);
    if (!copy) {
      copy = borderedPlacement(`${name} with border`, operand.shape, wantedBorder(this.#planned, name));
      this.#borderedCopies.set(name, copy);
      this.#emitCopy(planned, `${name} with border`, operand, this.#placedAt(name, copy));
    }
    return this.#placedAt(name, copy);
  }

  #denseCopy(planned: PlannedNode, name: string, operand: PlacedOperand): PlacedOperand {
    const copy = this.#placedAt(name, borderedPlacement(`${name} without gaps`, operand.shape, noBorder));
    this.#emitCopy(planned, `${name} without gaps`, operand, copy);
    return copy;
  }

  /** An output that nobody named still needs a place to be written. */
  #unwantedOutput(type: ValueType): PlacedOperand {
    const { storage, ...layout } = borderedPlacement("unwanted output", type.shape, noBorder);
    this.#memories.add(storage);
    return { ...type, ...layout, memory: { kind: "value", storage } };
  }

  #placedAt(name: string, { storage, ...layout }: Placement): PlacedOperand {
    const type = typeOf(this.#planned, name);
    if (isFloat(type.dtype)) this.floats.add(storage);
    this.#memories.add(storage);
    return { ...type, ...layout, memory: { kind: "value", storage } };
  }

  #emitCopy(planned: PlannedNode, label: string, from: PlacedOperand, to: PlacedOperand): void {
    const dispatch =
      from.isDense && to.isDense
        ? copyDispatch(
            "copy",
            [sizeOf(to.shape)],
            { binding: from, offset: from.offset, strides: [1] },
            { binding: to, offset: to.offset, strides: [1] },
          )
        : copyDispatch("copy", from.shape, { ...from, binding: from }, { ...to, binding: to });
    this.#emitDispatch(planned, label, "copy", dispatch, 0);
  }

  #emitDispatch(planned: PlannedNode, node: string, kernel: string, dispatch: Dispatch, macs: number): void {
    const memory: Record<string, Memory> = {};
    const touched: Record<string, number> = {};
    let scratchIndex = 0;
    for (const [name, binding] of Object.entries(dispatch.bindings)) {
      const bound =
        "scratchBytes" in binding ? this.#scratchStorage(binding, scratchIndex++) : this.#memoryOf(planned, `${node}: `, name, binding);
      this.#memories.add(bound);
      memory[name] = bound;
      if ("shape" in binding) touched[name] = sizeOf(binding.shape);
      else if ("label" in binding) touched[name] = this.#constants.lengthOf(binding);
    }
    const { shader, constants = {}, params } = dispatch;
    const workgroups = gridOf(dispatch.workgroups, { node, kernel }, this.#planned.target);
    this.steps.push({
      step: { node, kernel, shader, constants, params, workgroups, macs },
      memory,
      touched,
      position: planned.position,
    });
  }

  #memoryOf({ node }: PlannedNode, prefix: string, name: string, binding: PlacedOperand | PackedConstant): Memory {
    if ("label" in binding) return this.#constants.packed(`${prefix}${binding.label}`, node, binding);
    const { memory, constant } = binding;
    if (memory.kind === "value") return memory.storage;
    if (memory.kind === "constant" && constant) return this.#constants.tensor(`${prefix}${name}`, constant);
    throw new Error(`${prefix}binding '${name}' is an input that the kernel said it ignores`);
  }

  #scratchStorage(scratch: Scratch, index: number): Storage {
    let storage = this.#scratch.get(scratch);
    if (!storage) {
      storage = { label: `scratch ${index}`, elements: Math.ceil(scratch.scratchBytes / 4), border: noBorder };
      this.#scratch.set(scratch, storage);
    }
    return storage;
  }
}

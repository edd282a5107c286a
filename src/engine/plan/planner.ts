// Graph → Plan: which kernel computes each node, where each value lies, which buffers are shared.
import { type BindingKind, withWritable } from "../../shaders/shader.ts";
import { UnsupportedError } from "../errors.ts";
import type { Node, TypedGraph, ValueType } from "../graph/graph.ts";
import { copyDispatch } from "../ops/element-wise-kernel.ts";
import type { Border, Dispatch, Kernel, Operation, PackedConstant, PlacedOperand, Scratch, Target } from "../ops/operator.ts";
import { denseStrides, sizeOf } from "../shapes.ts";
import { isFloat, type Tensor, toGpuWords } from "../tensor.ts";
import { type Assignment, assignBuffers, type Lifetime, peakLiveBytes, type Request } from "./buffers.ts";
import type { HalfStorage } from "./halves.ts";
import {
  borderedPlacement,
  coversBorder,
  hasBorder,
  noBorder,
  type Placement,
  type PlannedNode,
  readsStrided,
  type Storage,
  unionBorder,
} from "./layouts.ts";
import type { PlacedValue, Plan, PlanBuffer, Step } from "./plan.ts";
import { zeroBorderStep } from "./zero-border.ts";

export interface PlanOptions {
  /** Values that can be read after a run, besides inputs and outputs. Passes must have kept them. */
  readonly keep?: readonly string[];
  /** The adapter the plan is for; anything runs on any, if not as fast. */
  readonly target?: Target;
  /** Picks a kernel by name; the first one where it answers `undefined`. */
  readonly chooseKernel?: ((node: Node, names: readonly string[]) => string | undefined) | undefined;
  /** Stores weights, and values that cannot be read after a run, in 16 bits. */
  readonly halves?: HalfStorage | undefined;
}

/** Plans a graph whose every node has an operation without obstacles. */
export function planGraph(graph: TypedGraph, operations: ReadonlyMap<string, Operation>, options: PlanOptions = {}): Plan {
  return new Planner(graph, operations, options).plan();
}

/** A consumer of a value: input `index` of node number `position`. */
interface Use {
  readonly position: number;
  readonly index: number;
}

/** A step whose buffers are not assigned yet. */
interface UnboundStep {
  readonly step: Omit<Step, "bindings" | "bytes">;
  /** Binding name to a slot. */
  readonly slots: Readonly<Record<string, number>>;
  /** Binding name to how many elements are read or written at least once. */
  readonly touched: Readonly<Record<string, number>>;
  /** Index of the node it computes for. */
  readonly position: number;
}

class Planner {
  readonly #graph: TypedGraph;
  readonly #halves: HalfStorage | undefined;
  readonly #kept: ReadonlySet<string>;
  readonly #nodes: readonly PlannedNode[];
  readonly #uses = new Map<string, Use[]>();
  readonly #producers = new Map<string, PlannedNode>();
  readonly #placements = new Map<string, Placement>();
  /** A second, bordered home of a value whose first home cannot have the border. */
  readonly #borderedCopies = new Map<string, Placement>();
  readonly #borders = new Map<string, Border>();
  /** Value to the Concat node whose output it is written into directly. */
  readonly #parents = new Map<string, PlannedNode>();

  readonly #slots: (Storage | PlanBuffer)[] = [];
  /** By storage, and by a constant's key or itself. */
  readonly #slotOf = new Map<Storage | PackedConstant | Tensor | string, number>();
  /** Storages of floating-point values. */
  readonly #floats = new Set<Storage>();
  readonly #constantNames: ReadonlyMap<Tensor, string>;
  readonly #steps: UnboundStep[] = [];
  /** Index of the node whose steps are being listed. */
  #position = 0;

  constructor(graph: TypedGraph, operations: ReadonlyMap<string, Operation>, options: PlanOptions) {
    this.#graph = graph;
    this.#halves = options.halves;
    this.#constantNames = new Map(Array.from(graph.initializers, ([name, tensor]) => [tensor, name]));
    this.#kept = new Set([...graph.outputs, ...(options.keep ?? [])]);
    this.#nodes = liveNodes(graph, this.#kept).map((node) => {
      const operation = operations.get(node.name) as Operation;
      return { node, operation, kernel: pickKernel(node, operation, options) };
    });
    this.#nodes.forEach(({ node, kernel }, position) => {
      node.inputs.forEach((name, index) => {
        if (!name || kernel?.ignoresInputs?.includes(index)) return;
        const uses = this.#uses.get(name);
        if (uses) uses.push({ position, index });
        else this.#uses.set(name, [{ position, index }]);
      });
      for (const output of node.outputs) if (output) this.#producers.set(output, this.#nodes[position] as PlannedNode);
    });
  }

  plan(): Plan {
    this.#placeValues();
    for (const input of this.#graph.inputs) this.#slot(this.#placement(input.name).storage);
    this.#nodes.forEach((planned, position) => {
      this.#position = position;
      this.#emit(planned);
    });
    return this.#finish();
  }

  // ---- where values lie

  /** A constant's type is its tensor: its elements stay behind here. */
  #type(name: string): ValueType {
    const { dtype, shape } = this.#graph.types.get(name) as ValueType;
    return { dtype, shape };
  }

  #placement(name: string): Placement {
    return this.#placements.get(name) as Placement;
  }

  #placeValues(): void {
    const inputNames = this.#graph.inputs.map(({ name }) => name);
    for (const name of [...inputNames, ...this.#producers.keys()]) this.#borders.set(name, this.#wantedBorder(name));
    this.#chooseConcatSlices();
    // From the last node to the first: a slice is placed after the Concat it lies in.
    for (const planned of this.#nodes.toReversed())
      for (const name of planned.node.outputs) {
        if (!name || planned.operation.isView) continue;
        const parent = this.#parents.get(name);
        this.#placements.set(name, parent ? this.#sliceOf(parent, name) : this.#ownPlacement(name));
      }
    for (const name of inputNames) this.#placements.set(name, this.#ownPlacement(name));
    // Views name their source's storage, which may itself be a view: sources first.
    for (const { node, operation } of this.#nodes) {
      const name = node.outputs[0];
      if (!operation.isView || !name) continue;
      const source = this.#placements.get(node.inputs[0] as string);
      const isShared = source?.isDense === true;
      this.#placements.set(
        name,
        isShared ? { ...source, strides: denseStrides(this.#type(name).shape) } : borderedPlacement(name, this.#type(name).shape, noBorder),
      );
    }
  }

  #ownPlacement(name: string): Placement {
    return borderedPlacement(name, this.#type(name).shape, this.#borders.get(name) ?? noBorder);
  }

  /** The border that all consumers together want. */
  #wishedBorder(name: string): Border {
    const wishes = (this.#uses.get(name) ?? []).map(({ position, index }) => this.#nodes[position]?.kernel?.borders?.[index] ?? noBorder);
    return wishes.reduce(unionBorder, noBorder);
  }

  /** That border, if the value can have one where it is first written: by a kernel, or as an input. */
  #wantedBorder(name: string): Border {
    const producer = this.#producers.get(name);
    const { shape } = this.#type(name);
    const uses = this.#uses.get(name) ?? [];
    const isFree = shape.length >= 3 && (!producer || producer.kernel?.writesStrided === true);
    const readable = uses.every(({ position, index }) => readsStrided(this.#nodes[position] as PlannedNode, index));
    return isFree && readable ? this.#wishedBorder(name) : noBorder;
  }

  /** Finds the values that may be written straight into the output of a Concat. */
  #chooseConcatSlices(): void {
    for (const planned of this.#nodes.toReversed()) {
      const { node, operation } = planned;
      if (operation.concatAxis === undefined) continue;
      const output = node.outputs[0] as string;
      const root = this.#rootOf(output);
      for (const name of node.inputs) {
        const producer = this.#producers.get(name);
        const uses = this.#uses.get(name) ?? [];
        const isEligible =
          producer?.kernel?.writesStrided === true &&
          !producer.operation.isView &&
          !this.#parents.has(name) &&
          node.inputs.filter((other) => other === name).length === 1 &&
          uses.every(({ position, index }) => readsStrided(this.#nodes[position] as PlannedNode, index));
        if (!isEligible) continue;
        const border = unionBorder(this.#borders.get(root) ?? noBorder, this.#borders.get(name) ?? noBorder);
        if (hasBorder(border) && !this.#mayHaveBorder(planned)) continue;
        this.#parents.set(name, planned);
        if (this.#hasConflict(root)) {
          this.#parents.delete(name);
          continue;
        }
        this.#borders.set(root, border);
      }
    }
  }

  /** The value whose memory `name` lies in: the outermost Concat's output, or itself. */
  #rootOf(name: string): string {
    const parent = this.#parents.get(name);
    return parent ? this.#rootOf(parent.node.outputs[0] as string) : name;
  }

  /** Slices along channels (or the batch) leave the border's pattern as it is; the outermost whole must be readable by all who read it. */
  #mayHaveBorder({ node, operation }: PlannedNode): boolean {
    if ((operation.concatAxis as number) >= 2) return false;
    const whole = node.outputs[0] as string;
    const parent = this.#parents.get(whole);
    if (parent) return this.#mayHaveBorder(parent);
    const uses = this.#uses.get(whole) ?? [];
    return (
      this.#producers.get(whole)?.kernel?.writesStrided === true &&
      uses.every(({ position, index }) => readsStrided(this.#nodes[position] as PlannedNode, index))
    );
  }

  /** Slices of one whole interleave, so WebGPU lets no dispatch read one and write another: no node may do both inside `root`. */
  #hasConflict(root: string): boolean {
    return this.#nodes.some((planned) => {
      const { node, kernel } = planned;
      if (!node.outputs.some((name) => name && this.#rootOf(name) === root)) return false;
      return node.inputs.some((name, index) => {
        if (!name || kernel?.ignoresInputs?.includes(index)) return false;
        // What a Concat finds in place it does not read.
        return this.#rootOf(name) === root && this.#parents.get(name) !== planned;
      });
    });
  }

  #sliceOf({ node, operation }: PlannedNode, name: string): Placement {
    const output = node.outputs[0] as string;
    const whole = this.#placement(output);
    const axis = operation.concatAxis as number;
    let start = 0;
    for (const input of node.inputs) {
      if (input === name) break;
      start += this.#type(input).shape[axis] as number;
    }
    return {
      storage: whole.storage,
      offset: whole.offset + start * (whole.strides[axis] as number),
      strides: whole.strides,
      isDense: false,
    };
  }

  // ---- dispatches

  #emit(planned: PlannedNode): void {
    const { node, operation, kernel } = planned;
    if (!kernel) {
      const [input, output] = [node.inputs[0] as string, node.outputs[0] as string];
      // A view of a value with gaps, or of a constant, is a copy after all.
      const isShared = this.#placements.get(input)?.storage === this.#placement(output).storage;
      if (!isShared) this.#emitCopy(node.name, this.#operand(input), this.#operand(output));
      return;
    }
    const inputs = node.inputs.map((name, index) => this.#inputFor(planned, name, index));
    const outputs = node.outputs.map((name, i) => (name ? this.#operand(name) : this.#unwantedOutput(operation.outputs[i] as ValueType)));
    let { macs = 0 } = operation;
    for (const dispatch of kernel.dispatches(inputs, outputs)) {
      this.#emitDispatch(node.name, kernel.name, dispatch, macs);
      macs = 0;
    }
  }

  #inputFor(planned: PlannedNode, name: string, index: number): PlacedOperand | undefined {
    if (!name) return undefined;
    const { kernel } = planned;
    const constant = this.#graph.initializers.get(name);
    if (kernel?.ignoresInputs?.includes(index))
      return { ...this.#type(name), slot: -1, offset: 0, strides: [], isDense: false, ...(constant && { constant }) };
    const operand = this.#operand(name);
    if (this.#parents.get(name) === planned) return undefined;
    const border = kernel?.borders?.[index] ?? noBorder;
    const actual = this.#placements.get(name)?.storage.border ?? noBorder;
    if (!coversBorder(actual, border)) return this.#borderedCopy(name, operand);
    if (!operand.isDense && !readsStrided(planned, index)) return this.#denseCopy(name, operand);
    return operand;
  }

  #borderedCopy(name: string, operand: PlacedOperand): PlacedOperand {
    let copy = this.#borderedCopies.get(name);
    if (!copy) {
      copy = borderedPlacement(`${name} with border`, operand.shape, this.#wishedBorder(name));
      this.#borderedCopies.set(name, copy);
      this.#emitCopy(`${name} with border`, operand, this.#placedAt(name, copy));
    }
    return this.#placedAt(name, copy);
  }

  #denseCopy(name: string, operand: PlacedOperand): PlacedOperand {
    const copy = this.#placedAt(name, borderedPlacement(`${name} without gaps`, operand.shape, noBorder));
    this.#emitCopy(`${name} without gaps`, operand, copy);
    return copy;
  }

  /** An output nobody named still needs a place to be written. */
  #unwantedOutput(type: ValueType): PlacedOperand {
    const placement = borderedPlacement("unwanted output", type.shape, noBorder);
    return { ...type, ...placement, slot: this.#slot(placement.storage) };
  }

  #operand(name: string): PlacedOperand {
    const placement = this.#placements.get(name);
    if (placement) return this.#placedAt(name, placement);
    const constant = this.#graph.initializers.get(name) as Tensor;
    const layout = { offset: 0, strides: denseStrides(constant.shape), isDense: true };
    // Buffers for constants are made only when a dispatch binds one, see #emitDispatch.
    return { ...this.#type(name), ...layout, slot: -1, constant };
  }

  #placedAt(name: string, { offset, strides, isDense, storage }: Placement): PlacedOperand {
    const type = this.#type(name);
    if (isFloat(type.dtype)) this.#floats.add(storage);
    return { ...type, offset, strides, isDense, slot: this.#slot(storage) };
  }

  #emitCopy(label: string, from: PlacedOperand, to: PlacedOperand): void {
    const dispatch =
      from.isDense && to.isDense
        ? copyDispatch(
            "copy",
            [sizeOf(to.shape)],
            { binding: from, offset: from.offset, strides: [1] },
            { binding: to, offset: to.offset, strides: [1] },
          )
        : copyDispatch("copy", from.shape, { ...from, binding: from }, { ...to, binding: to });
    this.#emitDispatch(label, "copy", dispatch, 0);
  }

  #emitDispatch(node: string, kernel: string, dispatch: Dispatch, macs: number): void {
    const slots: Record<string, number> = {};
    const touched: Record<string, number> = {};
    let scratchIndex = 0;
    for (const [name, binding] of Object.entries(dispatch.bindings)) {
      if ("scratchBytes" in binding) slots[name] = this.#scratchSlot(binding, scratchIndex++);
      else if ("label" in binding) slots[name] = this.#packedSlot(`${node}: ${binding.label}`, binding);
      else if (binding.slot >= 0) slots[name] = binding.slot;
      else if (binding.constant) {
        slots[name] = this.#tensorSlot(`${node}: ${name}`, binding.constant);
      } else throw new Error(`${node}: binding '${name}' is an input that the kernel said it ignores`);
      if ("shape" in binding) touched[name] = sizeOf(binding.shape);
      else if ("label" in binding) touched[name] = bytesOf(binding) / 4;
    }
    const { shader, constants = {}, params, workgroups } = dispatch;
    this.#steps.push({ step: { node, kernel, shader, constants, params, workgroups, macs }, slots, touched, position: this.#position });
  }

  // ---- buffers

  #slot(storage: Storage): number {
    let slot = this.#slotOf.get(storage);
    if (slot === undefined) {
      slot = this.#slots.push(storage) - 1;
      this.#slotOf.set(storage, slot);
    }
    return slot;
  }

  #packedSlot(label: string, packed: PackedConstant): number {
    const sizeBytes = bytesOf(packed);
    if ("data" in packed) return this.#constantSlot(packed, { label, role: "weights", sizeBytes, initial: packed.data });
    // Names of constants do not change from plan to plan, those of fused nodes do.
    const { inputs } = (this.#nodes[this.#position] as PlannedNode).node;
    const constants = inputs.filter((name) => this.#graph.initializers.has(name));
    const key = [...constants, packed.label, sizeBytes].join("\n");
    return this.#constantSlot(packed, this.#asHalves({ label, role: "weights", sizeBytes, key, fill: packed.pack }));
  }

  #tensorSlot(label: string, constant: Tensor): number {
    const key = this.#constantNames.get(constant);
    const buffer: PlanBuffer = {
      label,
      role: "weights",
      sizeBytes: constant.size * 4,
      ...(key !== undefined && { key }),
      get initial() {
        return toGpuWords(constant);
      },
    };
    const isLarge = isFloat(constant.dtype) && constant.size >= leastHalves;
    return this.#constantSlot(constant, isLarge ? this.#asHalves(buffer) : buffer);
  }

  #asHalves(buffer: PlanBuffer): PlanBuffer {
    return this.#halves?.weights(buffer) ?? buffer;
  }

  #constantSlot(constant: PackedConstant | Tensor, buffer: PlanBuffer): number {
    const identity = buffer.key ?? constant;
    let slot = this.#slotOf.get(identity);
    if (slot === undefined) {
      slot = this.#slots.push(buffer) - 1;
      this.#slotOf.set(identity, slot);
    }
    return slot;
  }

  readonly #scratch = new Map<Scratch, Storage>();

  #scratchSlot(scratch: Scratch, index: number): number {
    let storage = this.#scratch.get(scratch);
    if (!storage) {
      storage = { label: `scratch ${index}`, elements: Math.ceil(scratch.scratchBytes / 4), border: noBorder };
      this.#scratch.set(scratch, storage);
    }
    return this.#slot(storage);
  }

  /** Each storage and from when to when it is alive, in steps or whatever `timeOf` makes of them; both included. */
  #requests(timeOf: (step: number) => number): Request[] {
    const lifetimes = new Map<Storage, Lifetime>();
    this.#steps.forEach(({ slots }, step) => {
      for (const slot of Object.values(slots)) {
        const storage = this.#slots[slot];
        if (storage && "elements" in storage)
          lifetimes.set(storage, { first: lifetimes.get(storage)?.first ?? timeOf(step), last: timeOf(step) });
      }
    });
    const pinned = new Set([...this.#kept, ...this.#graph.inputs.map((i) => i.name)].map((name) => this.#placements.get(name)?.storage));
    const storages = this.#slots.filter((slot): slot is Storage => "elements" in slot);
    return storages.map((storage) => ({
      storage,
      lifetime: pinned.has(storage) ? "always" : (lifetimes.get(storage) ?? "always"),
      elementBytes: this.#floats.has(storage) && this.#storesHalves(pinned.has(storage)) ? 2 : 4,
    }));
  }

  /** Which storages are read where others are written, see {@link Request.partners}. */
  #partners(): ReadonlyMap<Storage, ReadonlyMap<Storage, boolean>> {
    const partners = new Map<Storage, Map<Storage, boolean>>();
    const add = (one: Storage, other: Storage, mayBeBeside: boolean) => {
      const known = partners.get(one) ?? new Map<Storage, boolean>();
      partners.set(one, known.set(other, mayBeBeside && known.get(other) !== false));
    };
    // What a kernel binds twice anywhere it can nowhere be said to write, or it would take two pipelines.
    const shared = ({ slots }: UnboundStep, name: string) =>
      Object.keys(slots).some((other) => other !== name && slots[other] === slots[name]);
    const rigid = new Set(this.#steps.flatMap((step) => Object.keys(step.slots).filter((name) => shared(step, name))));
    for (const { step, slots } of this.#steps) {
      const bound = Object.entries(slots).flatMap(([name, slot]) => {
        const storage = this.#slots[slot] as Storage | PlanBuffer;
        return "elements" in storage ? { name, storage, isWritten: step.shader.bindings[name]?.kind === "read_write" } : [];
      });
      for (const one of bound)
        for (const other of bound) {
          if (one.storage === other.storage) continue;
          const isAnyRigid = rigid.has(one.name) || rigid.has(other.name);
          // What is said to be written must not lie with what is said to be read.
          if (one.isWritten || other.isWritten || isAnyRigid) add(one.storage, other.storage, !isAnyRigid);
        }
    }
    return partners;
  }

  #storesHalves(isReadable: boolean): boolean {
    const { values = "none" } = this.#halves ?? {};
    return values === "all" || (values === "between" && !isReadable);
  }

  /**
   * The steps with their buffers, and before them what makes borders zero.
   *
   * @param bufferOf by slot
   */
  #bindSteps(requests: readonly Request[], assignment: Assignment, bufferOf: readonly number[]): readonly Step[] {
    const halves = new Set<Storage | PlanBuffer>(this.#slots.filter((slot) => "holdsHalves" in slot));
    for (const { storage, elementBytes } of requests) if (elementBytes === 2) halves.add(storage);
    const isHalf = (slot: number) => halves.has(this.#slots[slot] as Storage | PlanBuffer);
    const steps = this.#steps.map(({ step, slots, touched }): Step[] => {
      const entries = Object.entries(slots);
      const names = entries.flatMap(([name, slot]) => (isHalf(slot) ? name : []));
      const bindings = Object.fromEntries(entries.map(([name, slot]) => [name, bufferOf[slot] as number]));
      const ranges = entries.flatMap(([name, slot]) => {
        const range = assignment.rangeOf.get(this.#slots[slot] as Storage);
        return range ? [[name, range] as const] : [];
      });
      return [
        {
          ...step,
          shader: this.#halves?.shader(step.shader, names) ?? step.shader,
          bindings,
          ...(ranges.length > 0 && { ranges: Object.fromEntries(ranges) }),
          bytes: entries.reduce((sum, [name, slot]) => sum + (touched[name] ?? 0) * (isHalf(slot) ? 2 : 4), 0),
        },
      ];
    });
    for (const { storage, lifetime, elementBytes } of requests) {
      const elements = assignment.refills.get(storage);
      if (elements === undefined || lifetime === "always") continue;
      const step = zeroBorderStep(storage, elements, assignment.bufferOf.get(storage) as number, assignment.rangeOf.get(storage));
      steps[lifetime.first]?.unshift(elementBytes === 2 && this.#halves ? this.#halves.ofBorder(step) : step);
    }
    return withoutAliases(steps.flat());
  }

  #finish(): Plan {
    const inputStorages = new Set(this.#graph.inputs.map(({ name }) => this.#placement(name).storage));
    const peakBytes = peakLiveBytes(this.#requests((step) => this.#steps[step]?.position as number));
    const partners = this.#partners();
    const requests = this.#requests((step) => step).map((request) => ({
      ...request,
      partners: partners.get(request.storage) ?? new Map(),
    }));
    const assignment = assignBuffers(requests, peakBytes);

    const buffers: PlanBuffer[] = assignment.buffers.map(({ sizeBytes, storages: inside }) => ({
      label: inside.map((s) => s.label).join(", "),
      sizeBytes,
      role: inside.some((s) => inputStorages.has(s)) ? "input" : "activations",
    }));
    const activationBytes = buffers.reduce((sum, b) => sum + b.sizeBytes, 0);
    const bufferOf = this.#slots.map((slot) => ("elements" in slot ? (assignment.bufferOf.get(slot) as number) : buffers.push(slot) - 1));
    const steps = this.#bindSteps(requests, assignment, bufferOf);

    const values = new Map<string, PlacedValue>();
    const constants = new Map<string, Tensor>();
    for (const name of [...this.#graph.inputs.map((i) => i.name), ...this.#kept]) {
      const placement = this.#placements.get(name);
      const constant = this.#graph.initializers.get(name);
      if (placement) {
        const { offset, strides, storage } = placement;
        values.set(name, { ...this.#type(name), offset, strides, buffer: bufferOf[this.#slot(storage)] as number });
      } else if (constant) constants.set(name, constant);
    }
    return {
      buffers,
      steps,
      values,
      constants,
      memory: {
        weightBytes: buffers.reduce((sum, b) => sum + (b.role === "weights" ? b.sizeBytes : 0), 0),
        activationBytes,
        peakLiveBytes: peakBytes,
      },
    };
  }
}

/** Elements of a constant from which on it is stored in halves: what is small may be a scale or an epsilon that must stay exact. */
const leastHalves = 1024;

/**
 * WebGPU lets a dispatch read one part of a buffer and write another only if it might write both: the shader says so of the bindings where
 * such parts are bound. Other steps with that shader say the same, as far as they can: one pipeline serves them all.
 */
function withoutAliases(steps: readonly Step[]): readonly Step[] {
  const isKind = ({ shader }: Step, name: string, kind: BindingKind) => shader.bindings[name]?.kind === kind;
  const sharers = ({ bindings }: Step, name: string) =>
    Object.keys(bindings).filter((other) => other !== name && bindings[other] === bindings[name]);
  const aliased = new Map<string, Set<string>>();
  for (const step of steps)
    for (const name of Object.keys(step.bindings))
      if (isKind(step, name, "read") && sharers(step, name).some((other) => isKind(step, other, "read_write")))
        aliased.set(step.shader.code, (aliased.get(step.shader.code) ?? new Set()).add(name));
  return steps.map((step) => {
    const wanted = aliased.get(step.shader.code) ?? new Set();
    const isApart = (name: string, other: string) => step.ranges?.[name]?.offsetBytes !== step.ranges?.[other]?.offsetBytes;
    const names = [...wanted].filter((name) =>
      sharers(step, name).every((other) => isKind(step, other, "read_write") || (wanted.has(other) && isApart(name, other))),
    );
    return names.length > 0 ? { ...step, shader: withWritable(step.shader, names) } : step;
  });
}

/** The nodes that outputs or kept values need, in order. */
function liveNodes(graph: TypedGraph, kept: ReadonlySet<string>): Node[] {
  const needed = new Set(kept);
  const live: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    for (const input of node.inputs) needed.add(input);
    live.push(node);
  }
  return live.reverse();
}

function pickKernel(node: Node, operation: Operation, { chooseKernel: choose, target = {} }: PlanOptions): Kernel | undefined {
  if (operation.isView) return undefined;
  const kernels = operation.kernels?.(target) ?? [];
  const wanted = choose?.(
    node,
    kernels.map((k) => k.name),
  );
  const kernel = wanted === undefined ? kernels[0] : kernels.find((k) => k.name === wanted);
  if (!kernel)
    throw new UnsupportedError(
      `${node.operator} '${node.name}': no kernel runs on values not known at load${wanted ? ` (asked for '${wanted}')` : ""}.`,
    );
  return kernel;
}

function bytesOf(packed: PackedConstant): number {
  return "data" in packed ? packed.data.byteLength : packed.sizeBytes;
}

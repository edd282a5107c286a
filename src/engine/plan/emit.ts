// Lists the dispatches of every node, and the copies that bring its inputs into the layouts that its kernel reads.
import type { ValueType } from "../graph/graph.ts";
import { foldWorkgroups } from "../ops/dispatch.ts";
import { type BoundView, copyDispatch } from "../ops/element-wise-kernel.ts";
import type { Binding, Dispatch, Packed, PlacedOperand, Scratch, Storage } from "../ops/operator.ts";
import { denseStrides, sameShape, sizeOf } from "../shapes.ts";
import { isFloat, type Tensor, toGpuWords } from "../tensor.ts";
import { ConstantPool, packedKey } from "./constants.ts";
import type { HalfStorage } from "./halves.ts";
import { borderedPlacement, coversBorder, noBorder, type Placement } from "./layouts.ts";
import { type PlannedGraph, type PlannedNode, readsStrided, typeOf } from "./nodes.ts";
import { isIdentity, packDispatches } from "./packing.ts";
import { type Placements, wantedBorder } from "./place.ts";
import type { PlanBuffer, Step } from "./plan.ts";

/** What a binding refers to before buffers are assigned: a storage that shares its buffer with others, or a buffer of its own. */
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
  /** For a prepared step: the parameters that it depends on. */
  readonly parameters?: readonly string[] | undefined;
}

export interface Emission {
  /** Steps that run when parameters have changed. */
  readonly prepare: readonly UnboundStep[];
  /** Steps of every run. */
  readonly steps: readonly UnboundStep[];
  /** Everything that steps bind, and the inputs, in order of appearance. */
  readonly memories: readonly Memory[];
  /** Buffers of storages whose contents outlive a run, so they share with nothing. */
  readonly ownBuffers: ReadonlyMap<Storage, PlanBuffer>;
  /** Storages of floating-point values. */
  readonly floats: ReadonlySet<Storage>;
}

export function emitSteps(planned: PlannedGraph, placements: Placements, halves: HalfStorage | undefined): Emission {
  const emitter = new Emitter(planned, placements, halves);
  for (const { name } of planned.graph.inputs) emitter.operand(name);
  for (const node of planned.nodes) emitter.emit(node);
  emitter.emitUpdates();
  // A parameter that can be read has a buffer even where no step binds it.
  for (const name of planned.kept) if (planned.graph.parameters?.has(name)) emitter.operand(name);
  return emitter;
}

/** The node that a step belongs to: its position, and its parameters where it is prepared. */
type Owner = Pick<UnboundStep, "position" | "parameters">;

class Emitter implements Emission {
  readonly prepare: UnboundStep[] = [];
  readonly steps: UnboundStep[] = [];
  readonly ownBuffers = new Map<Storage, PlanBuffer>();
  readonly floats = new Set<Storage>();
  readonly #memories = new Set<Memory>();
  readonly #planned: PlannedGraph;
  readonly #placements: Placements;
  readonly #constants: ConstantPool;
  /** Bordered copies of values that cannot have the border where they are first written. */
  readonly #borderedCopies = new Map<string, Placement>();
  /** What parameters hold at the start, by storage. Views of a parameter lie in the same storage. */
  readonly #parameters = new Map<Storage, Tensor>();
  /** What each storage with a buffer of its own depends on. */
  readonly #parametersOf = new Map<Storage, readonly string[]>();
  readonly #packed = new Map<Storage, Map<string, PlanBuffer>>();
  readonly #scratch = new Map<Scratch, Storage | PlanBuffer>();

  constructor(planned: PlannedGraph, placements: Placements, halves: HalfStorage | undefined) {
    this.#planned = planned;
    this.#placements = placements;
    this.#constants = new ConstantPool(planned.graph.initializers, halves);
    for (const [name, tensor] of planned.graph.parameters ?? [])
      this.#parameters.set((placements.of.get(name) as Placement).storage, tensor);
  }

  get memories(): readonly Memory[] {
    return [...this.#memories];
  }

  emit(planned: PlannedNode): void {
    const { node, operation, kernel, position } = planned;
    const owner = { position, parameters: this.#planned.dependencies.get(node.outputs.find((name) => name) as string) };
    if (!kernel) {
      const input = node.inputs[0] as string;
      const output = node.outputs[0] as string;
      // A view of a value with gaps, or of a constant, is a copy after all.
      const isShared = this.#placements.of.get(input)?.storage === this.#placements.of.get(output)?.storage;
      const from = this.operand(input);
      const to = this.operand(output);
      const needsTwo = !from.isDense && !to.isDense && !sameShape(from.shape, to.shape);
      if (!isShared) this.#emitCopy(owner, node.name, needsTwo ? this.#copyAside(owner, input, from) : from, to);
      return;
    }
    const inputs = node.inputs.map((name, index) => this.#inputFor(planned, name, index));
    // A node may end in empty names, more than the operator has outputs.
    const named = node.outputs.slice(0, operation.outputs.length);
    const outputs = named.map((name, i) => (name ? this.operand(name) : this.#unwantedOutput(operation.outputs[i] as ValueType, owner)));
    let { macs = 0 } = operation;
    for (const dispatch of kernel.dispatches(inputs, outputs)) {
      this.#emitDispatch(owner, node.name, kernel.name, dispatch, macs);
      macs = 0;
    }
  }

  /** Copies into parameters what they are after the run, unless a kernel changed them in place. */
  emitUpdates(): void {
    const { graph, nodes } = this.#planned;
    const owner = { position: nodes.length };
    const updates = [...(graph.updates ?? [])].filter(
      ([name, value]) => name !== value && this.#placements.changedInto.get(name) !== value,
    );
    const isParameter = (value: string) => {
      const storage = this.#placements.of.get(value)?.storage;
      return storage !== undefined && this.ownBuffers.get(storage)?.role === "parameter";
    };
    // If one parameter becomes another's value, that value is copied aside first: it may be overwritten before it is read.
    const copies = updates.map(([name, value]) => {
      const operand = this.operand(value);
      return { name, from: isParameter(value) ? this.#copyAside(owner, value, operand) : operand };
    });
    for (const { name, from } of copies) this.#emitCopy(owner, `${name} updated`, from, this.operand(name));
  }

  operand(name: string): PlacedOperand {
    const placement = this.#placements.of.get(name);
    if (placement) return this.#placedAt(name, placement);
    const constant = this.#planned.graph.initializers.get(name) as Tensor;
    const layout = { offset: 0, strides: denseStrides(constant.shape), isDense: true };
    return { ...typeOf(this.#planned, name), ...layout, memory: { kind: "constant", name }, constant };
  }

  #inputFor(planned: PlannedNode, name: string, index: number): PlacedOperand | undefined {
    if (!name) return undefined;
    const { kernel, node, position } = planned;
    const operand = this.operand(name);
    if (kernel?.inPlace === index) {
      const output = node.outputs[0] as string;
      const owner = { position, parameters: this.#planned.dependencies.get(output) };
      const isThere = this.#placements.changedInto.get(name) === output;
      if (!isThere) this.#emitCopy(owner, `${name} to be changed`, operand, this.operand(output));
      return undefined;
    }
    if (this.#placements.slices.get(name)?.concat === planned) return undefined;
    // A copy of what is prepared, or constant, is prepared, too: what reads it may be.
    const owner = { position, parameters: this.#parametersBehind(name) };
    const border = kernel?.borders?.[index] ?? noBorder;
    const actual = this.#placements.of.get(name)?.storage.border ?? noBorder;
    if (!coversBorder(actual, border)) return this.#borderedCopy(owner, name, operand);
    if (!operand.isDense && !readsStrided({ reader: planned, index })) return this.#copyAside(owner, name, operand);
    return operand;
  }

  /** The parameters that a prepared value depends on: none for a constant. `undefined` for what each run computes. */
  #parametersBehind(name: string): readonly string[] | undefined {
    return this.#planned.dependencies.get(name) ?? (this.#planned.graph.initializers.has(name) ? [] : undefined);
  }

  #borderedCopy(owner: Owner, name: string, operand: PlacedOperand): PlacedOperand {
    let copy = this.#borderedCopies.get(name);
    if (!copy) {
      copy = borderedPlacement(`${name} with border`, operand.shape, wantedBorder(this.#planned, name));
      this.#borderedCopies.set(name, copy);
      this.#emitCopy(owner, `${name} with border`, operand, this.#placedAt(name, copy));
    }
    return this.#placedAt(name, copy);
  }

  /** A dense copy. */
  #copyAside(owner: Owner, name: string, operand: PlacedOperand): PlacedOperand {
    const { storage, ...layout } = borderedPlacement(`${name} without gaps`, operand.shape, noBorder);
    this.#useFor(owner, storage);
    if (isFloat(operand.dtype)) this.floats.add(storage);
    const copy: PlacedOperand = { ...typeOf(this.#planned, name), ...layout, memory: { kind: "storage", storage } };
    this.#emitCopy(owner, `${name} without gaps`, operand, copy);
    return copy;
  }

  /** The kernel writes an output that the node does not name as well, so it needs memory. */
  #unwantedOutput(type: ValueType, owner: Owner): PlacedOperand {
    const { storage, ...layout } = borderedPlacement("unwanted output", type.shape, noBorder);
    this.#useFor(owner, storage);
    return { ...type, ...layout, memory: { kind: "storage", storage } };
  }

  #placedAt(name: string, { storage, ...layout }: Placement): PlacedOperand {
    const type = typeOf(this.#planned, name);
    if (isFloat(type.dtype)) this.floats.add(storage);
    this.#useFor({ parameters: this.#parametersBehind(name) }, storage);
    return { ...type, ...layout, memory: { kind: "storage", storage } };
  }

  #emitCopy(owner: Owner, label: string, from: PlacedOperand, to: PlacedOperand): void {
    // A view that is a copy after all has another shape than its input: the side that is dense is walked in the shape of the other one.
    const shape = from.isDense ? (to.isDense ? [sizeOf(to.shape)] : to.shape) : from.shape;
    const walked = (operand: PlacedOperand): BoundView => ({
      binding: operand,
      offset: operand.offset,
      strides: operand.isDense ? denseStrides(shape) : operand.strides,
    });
    this.#emitDispatch(owner, label, "copy", copyDispatch("copy", shape, walked(from), walked(to)), 0);
  }

  #emitDispatch(owner: Owner, node: string, kernel: string, dispatch: Dispatch, macs: number): void {
    const memory: Record<string, Memory> = {};
    const touched: Record<string, number> = {};
    let scratchIndex = 0;
    for (const [name, binding] of Object.entries(dispatch.bindings)) {
      memory[name] =
        "scratchBytes" in binding ? this.#scratchMemory(owner, binding, scratchIndex++) : this.#memoryOf(owner, node, name, binding);
      if ("shape" in binding) touched[name] = sizeOf(binding.shape);
      else if ("data" in binding) touched[name] = binding.data.length;
      else if ("packing" in binding) touched[name] = binding.packing.length;
    }
    const { shader, constants = {}, params } = dispatch;
    const workgroups = foldWorkgroups(dispatch.workgroups, this.#planned.target.maxWorkgroups);
    const step = { node, kernel, shader, constants, params, workgroups, macs };
    (owner.parameters ? this.prepare : this.steps).push({ step, memory, touched, ...owner });
  }

  // ---- memory

  #memoryOf(owner: Owner, node: string, name: string, binding: Exclude<Binding, Scratch>): Memory {
    if ("data" in binding) return this.#add(this.#constants.table(`${node}: ${binding.label}`, binding));
    if ("packing" in binding) return this.#packedMemory(owner, node, binding);
    const { memory } = binding;
    if (memory.kind === "constant") return this.#add(this.#constants.tensor(`${node}: ${name}`, memory.name));
    return this.#use(memory.storage);
  }

  #packedMemory(owner: Owner, node: string, { source, packing }: Packed): Memory {
    const { memory, shape } = source;
    const label = `${node}: ${packing.label}`;
    if (memory.kind === "constant") return this.#add(this.#constants.packed(label, memory.name, packing));
    const { storage } = memory;
    if (isIdentity(packing, sizeOf(shape))) return this.#use(storage);
    const packings = this.#packed.get(storage) ?? new Map<string, PlanBuffer>();
    this.#packed.set(storage, packings);
    const key = packedKey("", packing);
    const known = packings.get(key);
    if (known) return known;
    const parameter = this.ownBuffers.get(storage)?.parameter;
    const buffer: PlanBuffer = {
      label,
      role: "packed",
      sizeBytes: packing.length * 4,
      ...(parameter !== undefined && { key: packedKey(`parameter ${parameter}`, packing) }),
    };
    packings.set(key, this.#add(buffer));
    this.#emitPacking(owner, label, source, packing, buffer);
    return buffer;
  }

  /** Where the source is prepared, its packed form is, too. */
  #emitPacking({ position }: Owner, label: string, source: PlacedOperand, packing: Packed["packing"], buffer: PlanBuffer): void {
    const target: Scratch = { scratchBytes: buffer.sizeBytes };
    this.#scratch.set(target, buffer);
    const { storage } = source.memory as { readonly storage: Storage };
    const owner = { position, parameters: this.#parametersOf.get(storage) };
    for (const dispatch of packDispatches(target, source, packing)) this.#emitDispatch(owner, label, "pack", dispatch, 0);
  }

  #scratchMemory(owner: Owner, scratch: Scratch, index: number): Memory {
    const known = this.#scratch.get(scratch);
    if (known) return known;
    const storage = { label: `scratch ${index}`, elements: Math.ceil(scratch.scratchBytes / 4), border: noBorder };
    const memory = this.#useFor(owner, storage);
    this.#scratch.set(scratch, memory);
    return memory;
  }

  #useFor({ parameters }: Pick<Owner, "parameters">, storage: Storage): Memory {
    if (parameters) this.#giveOwnBuffer(storage, parameters);
    return this.#use(storage);
  }

  #use(storage: Storage): Memory {
    return this.#add(this.ownBuffers.get(storage) ?? storage);
  }

  #add<T extends Memory>(memory: T): T {
    this.#memories.add(memory);
    return memory;
  }

  /** Gives a buffer of its own to a storage that holds a parameter, or what depends on these parameters alone. */
  #giveOwnBuffer(storage: Storage, parameters: readonly string[]): void {
    if (this.ownBuffers.has(storage)) return;
    const initial = this.#parameters.get(storage);
    const buffer: PlanBuffer = { label: storage.label, role: "prepared", sizeBytes: storage.elements * 4 };
    const parameter = initial && {
      ...buffer,
      role: "parameter" as const,
      parameter: storage.label,
      get initial() {
        return toGpuWords(initial);
      },
    };
    this.ownBuffers.set(storage, parameter ?? buffer);
    this.#parametersOf.set(storage, parameters);
  }
}

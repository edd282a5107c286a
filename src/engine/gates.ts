// Gates: channels of values switched off or changed while a model runs. The first gate of a value adds a node to the graph, which is
// planned anew once; every later one writes the node's operands. Loaded when the first gate is asked for.
import { DeviceError, ModelError } from "./errors.ts";
import { GraphEdit } from "./graph/edit.ts";
import { fusedDomain, type GraphInput, type TypedGraph, type ValueType } from "./graph/graph.ts";
import type { Edit, Network } from "./network.ts";
import { maskAxes } from "./ops/on-demand/gate.ts";
import { type Axes, sizeOf } from "./shapes.ts";
import { isFloat, Tensor } from "./tensor.ts";

export interface GateChannels {
  /** One channel; all of them where neither this nor `channels` is given. */
  readonly channel?: number | undefined;
  readonly channels?: readonly number[] | undefined;
}

/** y = x · scale + shift for the channels, where the mask is 1. What is left out stays as it is. */
export interface GateOptions extends GateChannels {
  /** One number, or one for each channel named. 0 switches off: the result is the shift, whatever x holds. */
  readonly scale?: number | ArrayLike<number> | undefined;
  /** One number, or one for each channel named. */
  readonly shift?: number | ArrayLike<number> | undefined;
  /**
   * Where all gates of the value act, one number per place of a channel, row by row: 1 in full, 0 not at all, between them in part.
   * `null` takes the mask away.
   */
  readonly mask?: ArrayLike<number> | null | undefined;
}

/** A gate, and the value that it is of. */
export interface ValueGate extends GateOptions {
  readonly value: string;
}

/** The gate of one value. A call makes a changed one, so that the one before is there if planning fails. */
interface Gate {
  readonly value: string;
  /** Of the operands that it adds to the graph. */
  readonly names: OperandNames;
  readonly axis: number;
  /** -1 where no axis is the batch. */
  readonly batchAxis: number;
  /** Extents of the other axes. */
  readonly places: readonly number[];
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly mask: Float32Array | undefined;
}

export class Gates implements Edit {
  readonly #network: Network;
  readonly #axes: ReadonlyMap<string, Axes>;
  readonly #gates = new Map<string, Gate>();
  /** Those that the network computes with, and the number of the call that set each. */
  readonly #held = new Map<string, { readonly gate: Gate; readonly call: number }>();
  #callCount = 0;
  /** The gates in the graph that was planned last, and whether they have a mask there. */
  #planned: ReadonlyMap<string, boolean> = new Map();
  /** The plan that is about to be asked for. */
  #planning: Promise<void> | undefined;
  /** The plan that is under way. */
  #editing: Promise<void> | undefined;

  /** @param axes of values that do not lie NCHW */
  constructor(network: Network, axes: ReadonlyMap<string, Axes>) {
    this.#network = network;
    this.#axes = axes;
  }

  /** @throws ModelError for names, channels, numbers and masks that the model does not have or take */
  async gate(name: string, options: GateOptions): Promise<void> {
    if (typeof options !== "object" || options === null)
      throw new ModelError(`gate of '${name}': expected what changes, such as { channel: 3, scale: 0 }, not ${String(options)}.`);
    await this.#apply([changeGate(this.#gateOf(name), options)]);
  }

  /** Takes all gates away and sets these, planning once at most. Nothing changes where one of them is refused. */
  async replace(gates: readonly ValueGate[]): Promise<void> {
    const changed = new Map(Array.from(this.#gates, ([value, gate]): [string, Gate] => [value, { ...openGate(gate), mask: undefined }]));
    for (const { value: name, ...options } of gates) {
      const known = this.#gateOf(name);
      changed.set(known.value, changeGate(changed.get(known.value) ?? known, options));
    }
    await this.#apply([...changed.values()]);
  }

  /** Takes the gates of channels of a value, or of all values, away. */
  async ungate(name: string | undefined, options: GateChannels): Promise<void> {
    const gates = name === undefined ? [...this.#gates.values()] : [this.#gateOf(name)];
    const isWhole = options.channel === undefined && options.channels === undefined;
    await this.#apply(gates.map((gate) => ({ ...openGate(gate, options), ...(isWhole && { mask: undefined }) })));
  }

  /** Writes what has changed; plans first where the graph has no node for it yet. */
  async #apply(gates: readonly Gate[]): Promise<void> {
    const call = ++this.#callCount;
    for (const gate of gates) this.#gates.set(gate.value, gate);
    const isPlanned = (gate: Gate) => this.#planned.get(gate.value) === true || (this.#planned.has(gate.value) && !gate.mask);
    const needsNoPlan = gates.every((gate) => isPlanned(gate) || isIdentity(gate));
    try {
      if (needsNoPlan) {
        this.#network.writeOperands(Object.assign({}, ...gates.map((gate) => this.#operandsOf(gate))));
        // A node may be there only in the plan that is under way.
        await (this.#editing ?? this.#network.planned());
      } else {
        this.#planning ??= this.#plan();
        await this.#planning;
      }
    } catch (error) {
      // A later call may have changed them once more.
      const own = gates.filter((gate) => this.#gates.get(gate.value) === gate);
      this.#goBack(own, needsNoPlan);
      throw error;
    }
    // A later call may have been done before this one.
    for (const gate of gates) if ((this.#held.get(gate.value)?.call ?? 0) < call) this.#held.set(gate.value, { gate, call });
  }

  /** The old program stays in use, with the gates that it has. */
  #goBack(gates: readonly Gate[], areWritten: boolean): void {
    const before = gates.map((gate) => this.#held.get(gate.value)?.gate ?? { ...openGate(gate), mask: undefined });
    for (const gate of before) this.#gates.set(gate.value, gate);
    // The old program may read a mask that is not there any more; what it does not read is left out.
    if (areWritten) this.#network.writeOperands(Object.assign({}, ...before.map((gate) => operandsOf(gate, true))));
    this.#planned = new Map();
  }

  /** One plan for all that is asked for at once. */
  async #plan(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#planning = undefined;
    const editing = this.#network.edit(this);
    this.#editing = editing;
    try {
      await editing;
    } finally {
      if (this.#editing === editing) this.#editing = undefined;
    }
  }

  /** The gate of a value as it is, or one that changes nothing. */
  #gateOf(name: string): Gate {
    if (this.#network.isDisposed) throw new DeviceError(this.#network.refusal);
    const value = this.#network.valueName(name);
    const known = this.#gates.get(value);
    if (known) return known;
    const { types, initializers } = this.#network.graph;
    const { dtype, shape } = types.get(value) as ValueType;
    if (initializers.has(value))
      throw new ModelError(`value '${name}' is a constant: there is nothing to gate. Gate what is computed from it.`);
    if (!isFloat(dtype)) throw new ModelError(`value '${name}' is ${dtype}: only floating-point values can be gated.`);
    const axes = this.#axes.get(value);
    const named = axes?.indexOf("c") ?? -1;
    const axis = named >= 0 ? named : Math.min(1, Math.max(0, shape.length - 1));
    const batchAxis = named >= 0 ? (axes?.indexOf("n") ?? -1) : axis - 1;
    const count = shape[axis] ?? 1;
    return {
      value,
      names: operandNames(value, types),
      axis,
      batchAxis,
      places: maskAxes(shape.length, axis, batchAxis).map((place) => shape[place] as number),
      scale: new Float32Array(count).fill(1),
      shift: new Float32Array(count),
      mask: undefined,
    };
  }

  derive(graph: TypedGraph): TypedGraph {
    // A gate that changes nothing is left out of the plan.
    const gates = this.#changing();
    this.#planned = new Map(gates.map((gate) => [gate.value, gate.mask !== undefined]));
    return this.#insert(graph, gates);
  }

  /**
   * A graph with the gates as they are now, and what their operands hold. Nothing is planned. Where a gate changes an input, its readers read
   * another value, which only this graph has; of any other value the one before the gate is new.
   */
  show(graph: TypedGraph): { readonly graph: TypedGraph; readonly operands: ReadonlyMap<string, Tensor> } {
    const gates = this.#changing();
    return { graph: this.#insert(graph, gates), operands: new Map(gates.flatMap((gate) => Object.entries(this.#operandsOf(gate)))) };
  }

  #changing(): readonly Gate[] {
    return [...this.#gates.values()].filter((gate) => !isIdentity(gate));
  }

  #insert(graph: TypedGraph, gates: readonly Gate[]): TypedGraph {
    const edit = new GraphEdit(graph);
    const added = gates.map((gate) => [insert(edit, gate), graph.types.get(gate.value) as ValueType] as const);
    const inputs = gates.flatMap((gate) => Object.entries(this.#operandsOf(gate)).map(asInput));
    return {
      ...edit.graph(),
      inputs: [...graph.inputs, ...inputs],
      types: new Map([...graph.types, ...added, ...inputs.map(({ name, ...type }) => [name, type] as const)]),
    };
  }

  operands(): Readonly<Record<string, Tensor>> {
    return Object.assign({}, ...Array.from(this.#gates.values(), (gate) => this.#operandsOf(gate)));
  }

  /** A node that was planned with a mask goes on reading one. */
  #operandsOf(gate: Gate): Readonly<Record<string, Tensor>> {
    return operandsOf(gate, gate.mask !== undefined || this.#planned.get(gate.value) === true);
  }
}

function operandsOf({ names, places, scale, shift, mask }: Gate, hasMask: boolean): Readonly<Record<string, Tensor>> {
  return {
    [names.scale]: Tensor.float32([scale.length], scale),
    [names.shift]: Tensor.float32([shift.length], shift),
    ...(hasMask && { [names.mask]: Tensor.float32(places, mask ?? new Float32Array(sizeOf(places)).fill(1)) }),
  };
}

type OperandNames = Readonly<Record<"scale" | "shift" | "mask", string>>;

/** @param taken values of the file, which may be called so as well */
function operandNames(value: string, taken: ReadonlyMap<string, unknown>): OperandNames {
  const free = (name: string): string => (taken.has(name) ? free(`${name}'`) : name);
  return { scale: free(`${value}/gate scale`), shift: free(`${value}/gate shift`), mask: free(`${value}/gate mask`) };
}

function asInput([name, { dtype, shape }]: [string, Tensor]): GraphInput & ValueType {
  return { name, dtype, shape };
}

/**
 * For an input, its readers get the gated value and the input itself stays. Any other value becomes the gated one for everybody.
 *
 * @returns the name of the value that is new
 */
function insert(edit: GraphEdit, { value, names, axis, batchAxis, mask }: Gate): string {
  const operands = [names.scale, names.shift, ...(mask ? [names.mask] : [])];
  const node = { operator: "Gate", domain: fusedDomain, attributes: { axis, batch: batchAxis }, name: `${value}/gate` };
  const producer = edit.producer(value);
  if (!producer) {
    const gated = edit.fresh(`${value}/gated`);
    edit.replaceUses(value, edit.add({ ...node, inputs: [value, ...operands], outputs: [gated] }));
    return gated;
  }
  const raw = edit.fresh(`${value}/ungated`);
  edit.replace(producer.name, { outputs: producer.outputs.map((output) => (output === value ? raw : output)) });
  edit.add({ ...node, inputs: [raw, ...operands], outputs: [value] });
  return raw;
}

/** A gate with channels, or the mask, changed. */
function changeGate(gate: Gate, options: GateOptions): Gate {
  const channels = channelsOf(gate, options);
  const scale = perChannel(gate, "scale", channels, options.scale);
  const shift = perChannel(gate, "shift", channels, options.shift);
  const mask = options.mask ? maskOf(gate, options.mask) : undefined;
  const changed = { ...gate, scale: gate.scale.slice(), shift: gate.shift.slice(), ...(options.mask !== undefined && { mask }) };
  channels.forEach((channel, i) => {
    if (scale) changed.scale[channel] = scale[i] as number;
    if (shift) changed.shift[channel] = shift[i] as number;
  });
  return changed;
}

/** A gate whose channels pass as they are. */
function openGate(gate: Gate, channels: GateChannels = {}): Gate {
  const open = { ...gate, scale: gate.scale.slice(), shift: gate.shift.slice() };
  for (const channel of channelsOf(gate, channels)) {
    open.scale[channel] = 1;
    open.shift[channel] = 0;
  }
  return open;
}

function isIdentity({ scale, shift, mask }: Gate): boolean {
  return scale.every((factor) => factor === 1) && shift.every((term) => term === 0) && !mask;
}

function channelsOf({ value, scale }: Gate, { channel, channels }: GateChannels): readonly number[] {
  if (channel !== undefined && channels !== undefined) throw new ModelError(`gate of '${value}': give channel or channels, not both.`);
  if (channel === undefined && channels === undefined) return Array.from(scale, (_, index) => index);
  const list = channel === undefined ? numbersOf(value, "channels", channels) : [channel];
  if (typeof list[0] !== "number" && list.length > 0) throw wrongKind(value, "channel", channel, "a number, such as 3");
  const wrong = list.find((index) => !Number.isInteger(index) || index < 0 || index >= scale.length);
  if (wrong !== undefined)
    throw new ModelError(`gate of '${value}': there is no channel ${wrong}. It has ${scale.length}, from 0 to ${scale.length - 1}.`);
  return list;
}

function perChannel(
  { value }: Gate,
  what: "scale" | "shift",
  channels: readonly number[],
  given: number | ArrayLike<number> | undefined,
): readonly number[] | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "number") return channels.map(() => given);
  const numbers = numbersOf(value, what, given);
  if (numbers.length !== channels.length)
    throw new ModelError(`gate of '${value}': ${what} has ${numbers.length} numbers for ${channels.length} channels.`);
  return numbers;
}

/** Gates come from addresses and states, too, which may hold anything. */
function numbersOf(value: string, what: string, given: unknown): readonly number[] {
  const list = Array.isArray(given) || ArrayBuffer.isView(given) ? Array.from(given as unknown as ArrayLike<unknown>) : undefined;
  if (list?.every((number) => typeof number === "number")) return list;
  throw wrongKind(value, what, given, "a list of numbers, such as [0, 3]");
}

function wrongKind(value: string, what: string, given: unknown, expected: string): ModelError {
  return new ModelError(`gate of '${value}': ${what} ${JSON.stringify(given)}: expected ${expected}.`);
}

function maskOf({ value, places }: Gate, given: ArrayLike<number>): Float32Array {
  if (places.length === 0) throw new ModelError(`gate of '${value}': it has no places besides its channels, so it takes no mask.`);
  const mask = numbersOf(value, "mask", given);
  if (mask.length !== sizeOf(places))
    throw new ModelError(`gate of '${value}': the mask has ${mask.length} numbers, expected ${places.join(" × ")} = ${sizeOf(places)}.`);
  return Float32Array.from(mask);
}

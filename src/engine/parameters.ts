// The parameters of a model: constants of its file that can be changed while it runs. Loaded when they are asked for.
import { DeviceError, ModelError, namesLike, UnsupportedError } from "./errors.ts";
import type { Graph, Node, ValueType } from "./graph/graph.ts";
import { isGraph } from "./load-network.ts";
import type { Network } from "./network.ts";
import { constantsOf, type ParameterUse, usesOf, withParameters } from "./passes/parameters.ts";
import { untrained } from "./reinitialize.ts";
import { sameShape, sizeOf } from "./shapes.ts";
import { type ModelSource, naming, type ReadOptions, readModel } from "./source.ts";
import { isFloat, Tensor } from "./tensor.ts";

export interface Parameter extends ValueType {
  readonly name: string;
  /** Name of the first layer that computes with it; absent where none does. */
  readonly layer?: string;
}

/** Tensors by parameter, for as many as shall change; or another file of the same network, for all. */
export type ParameterSource = ModelSource | Graph | Readonly<Record<string, Tensor | Float32Array>>;

export class Parameters {
  readonly network: Network;
  readonly #file: Graph;
  /** What they hold in the file. */
  readonly #original: ReadonlyMap<string, Tensor>;
  readonly #uses: ReadonlyMap<string, ParameterUse>;
  readonly list: readonly Parameter[];
  #callCount = 0;
  /** Number of the call that has changed a parameter last. */
  readonly #writers = new Map<string, number>();

  private constructor(network: Network, original: ReadonlyMap<string, Tensor>, uses: ReadonlyMap<string, ParameterUse>) {
    this.network = network;
    this.#file = network.file;
    this.#original = original;
    this.#uses = uses;
    this.list = Array.from(original, ([name, { dtype, shape }]) => {
      const layer = uses.get(name)?.node.name;
      return { name, dtype, shape, ...(layer !== undefined && { layer }) };
    });
  }

  /**
   * Makes constants of a network parameters: all of its executions are planned anew.
   *
   * @param wanted names, or true for all that can be
   */
  static async make(network: Network, wanted: true | readonly string[]): Promise<Parameters> {
    if ("rest" in network)
      throw new UnsupportedError(
        "parameters: this network runs in stages, so its weights stay as the file has them. It can neither learn nor be evaluated or written to a file: that takes one whose shapes do not hang on what it computes.",
      );
    const { graph, parameters } = withParameters(network.file, network.inference, wanted);
    await network.derive(graph);
    return new Parameters(network, parameters, usesOf(graph));
  }

  /** @throws ModelError that names what is missing, what is too much and what does not fit; nothing is changed then */
  async set(from: ParameterSource, options: ReadOptions): Promise<void> {
    if (from === null || (typeof from !== "object" && typeof from !== "string"))
      throw new ModelError(`setParameters: got ${String(from)}, expected tensors by name, or a file of the same network.`);
    const call = ++this.#callCount;
    const values = isSource(from)
      ? await naming(from, async () => this.#fromFile(isGraph(from) ? from : await readModel(from, options)))
      : this.#fromTensors(from);
    this.#write(call, values);
  }

  reinitialize(seed: number): void {
    if (!Number.isFinite(seed)) throw new ModelError(`reinitialize: the seed is ${seed}, expected a number.`);
    const values = Array.from(this.#original, ([name, file]) => [name, untrained(name, file, this.#uses.get(name), seed)] as const);
    this.#write(++this.#callCount, new Map(values));
  }

  /** The parameter of this name, where only the GPU knows its elements, as after a step of training. */
  learned(name: string): Parameter | undefined {
    return this.network.parameters.isComputed(name) ? this.list.find((parameter) => parameter.name === name) : undefined;
  }

  restore(): void {
    this.#write(++this.#callCount, this.#original);
  }

  /** Leaves alone what a later call has changed: that one's file may have come first. */
  #write(call: number, values: ReadonlyMap<string, Tensor>): void {
    if (this.network.isDisposed) throw new DeviceError(this.network.refusal);
    const latest = [...values].filter(([name]) => (this.#writers.get(name) ?? 0) < call);
    for (const [name] of latest) this.#writers.set(name, call);
    this.network.writeParameters(new Map(latest));
  }

  #fromTensors(given: Readonly<Record<string, Tensor | Float32Array>>): ReadonlyMap<string, Tensor> {
    const problems: string[] = [];
    const values = new Map<string, Tensor>();
    for (const [name, elements] of Object.entries(given)) {
      const expected = this.#original.get(name);
      if (!expected) {
        const near = namesLike(name, this.#original.keys());
        problems.push(`there is no parameter '${name}'${near && ` (did you mean ${near}?)`}`);
        continue;
      }
      const count = typeof elements === "object" ? (elements instanceof Tensor ? elements.size : elements?.length) : undefined;
      if (!(elements instanceof Tensor) && count !== sizeOf(expected.shape)) {
        problems.push(`'${name}' has ${count ?? "no"} elements, expected ${sizeOf(expected.shape)} ([${expected.shape.join(", ")}])`);
        continue;
      }
      const tensor = copyOf(elements, expected);
      const problem = misfit(name, tensor, expected);
      if (problem) problems.push(problem);
      values.set(name, tensor);
    }
    refuse(problems);
    return values;
  }

  /** Constants are matched by where nodes read them, because exporters name some anew for each file; else by name. */
  #fromFile(other: Graph): ReadonlyMap<string, Tensor> {
    const [ours, theirs] = [constantsOf(this.#file), constantsOf(other)];
    const names = namesByPlace(this.#file, other, ours, theirs);
    const theirName = (name: string) => names?.get(name) ?? name;
    const read = new Set(this.#file.nodes.flatMap(({ inputs }) => inputs));
    const problems: string[] = [];
    const values = new Map<string, Tensor>();
    const taken = new Set<string>();
    for (const [name, expected] of ours) {
      if (!read.has(name)) continue;
      const tensor = theirs.get(theirName(name));
      taken.add(theirName(name));
      if (!tensor) problems.push(`it has no '${name}' ([${expected.shape.join(", ")}])`);
      else if (this.#original.has(name)) {
        const problem = misfit(name, tensor, expected);
        if (problem) problems.push(problem);
        values.set(name, tensor);
      } else if (!isEqual(tensor, expected)) problems.push(`its '${name}' differs, which is no parameter`);
    }
    const readByThem = new Set(other.nodes.flatMap(({ inputs }) => inputs));
    for (const [name, { dtype, shape }] of theirs)
      if (isFloat(dtype) && readByThem.has(name) && !taken.has(name)) problems.push(`it has '${name}' ([${shape.join(", ")}]) besides`);
    refuse(problems);
    return values;
  }
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  const more = problems.length > 8 ? `; and ${problems.length - 8} more` : "";
  throw new ModelError(`these parameters are not the model's: ${problems.slice(0, 8).join("; ")}${more}. Nothing was changed.`);
}

function misfit(name: string, { dtype, shape }: Tensor, expected: Tensor): string | undefined {
  if (!sameShape(shape, expected.shape)) return `'${name}' is [${shape.join(", ")}], expected [${expected.shape.join(", ")}]`;
  return isFloat(dtype) ? undefined : `'${name}' is ${dtype}, expected ${expected.dtype}`;
}

function isEqual(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  return a.bytes.every((byte, i) => byte === b.bytes[i]);
}

function isSource(from: ParameterSource): from is ModelSource | Graph {
  if (typeof from === "string" || from instanceof URL || from instanceof Uint8Array || from instanceof ArrayBuffer) return true;
  return from instanceof Blob || Array.isArray(from) || isGraph(from);
}

/** What the caller gave may change after the call. Other arrays than Float32Array hold numbers as well. */
function copyOf(elements: Tensor | Float32Array, { shape }: Tensor): Tensor {
  if (elements instanceof Tensor) return elements.copy();
  return Tensor.float32(shape, elements instanceof Float32Array ? elements.slice() : Float32Array.from(elements, Number));
}

/**
 * Maps this file's constants to the other file's, where the same input of the same node reads them.
 *
 * @returns `undefined` if the files do not have the same operators in the same order, joined in the same way
 */
function namesByPlace(
  one: Graph,
  other: Graph,
  ours: ReadonlyMap<string, Tensor>,
  theirs: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, string> | undefined {
  const [nodes, theirNodes] = [computing(one), computing(other)];
  if (nodes.length !== theirNodes.length) return undefined;
  const names = new Map<string, string>();
  /** Our computed value to theirs. */
  const values = new Map<string, string>([["", ""]]);
  const isSame = (value: string, theirValue: string) => {
    if (!values.has(value)) values.set(value, theirValue);
    return values.get(value) === theirValue;
  };
  for (const [i, { operator, inputs, outputs }] of nodes.entries()) {
    const node = theirNodes[i];
    if (node?.operator !== operator || node.inputs.length !== inputs.length || node.outputs.length !== outputs.length) return undefined;
    for (const [index, input] of inputs.entries()) {
      const theirInput = node.inputs[index] as string;
      const isConstant = ours.has(input) || theirs.has(theirInput);
      if (!isConstant && !isSame(input, theirInput)) return undefined;
      if (ours.has(input) && theirs.has(theirInput) && !names.has(input)) names.set(input, theirInput);
    }
    outputs.forEach((output, k) => {
      if (output) values.set(output, node.outputs[k] as string);
    });
  }
  return one.outputs.every((output, i) => isSame(output, other.outputs[i] ?? "")) ? names : undefined;
}

/** Constants may lie in nodes or not. */
function computing(graph: Graph): readonly Node[] {
  return graph.nodes.filter(({ operator, domain }) => operator !== "Constant" || domain !== "");
}

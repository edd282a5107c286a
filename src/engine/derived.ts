// An execution of a graph that is made from a network's, with inputs and results of its own: a gradient, an explanation, a step of training.
import { DeviceError, fewOf, ModelError } from "./errors.ts";
import type { Derivation, Execution, ExecutionOptions, GpuValue, Inputs } from "./execution.ts";
import type { Graph, TypedGraph } from "./graph/graph.ts";
import type { Network } from "./network.ts";
import type { Parameter } from "./parameters.ts";
import type { Tensor } from "./tensor.ts";

/** What is to run. */
export interface Derived {
  readonly graph: Graph;
  /** The values that hold its results, by the names that callers know. */
  readonly results: ReadonlyMap<string, string>;
  /** Inputs that the graph has besides the network's, by the role that they have, and what they hold at first. */
  readonly operands: Readonly<Record<string, Operand>>;
}

export interface Operand {
  /** Of the input. */
  readonly name: string;
  readonly initial: Tensor;
}

export class DerivedExecution implements Derivation {
  readonly #network: Network;
  readonly #derive: (graph: TypedGraph) => Derived;
  /** No other execution of the network has it. */
  readonly #id: number;
  /** What operands hold that were written, by role. */
  readonly #written = new Map<string, Tensor>();
  /** What runs now. */
  #derived: Derived | undefined;
  /** What was derived last: it runs when it is planned. */
  #planned: Derived | undefined;
  #execution: Execution | undefined;

  private constructor(network: Network, derive: (graph: TypedGraph) => Derived) {
    this.#network = network;
    this.#derive = derive;
    this.#id = network.nextId();
  }

  /**
   * Plans and compiles it.
   *
   * @param derive the same graph, operands and results for the same graph: it is asked again when the network is planned anew
   */
  static async make(
    network: Network,
    derive: (graph: TypedGraph) => Derived,
    options: Pick<ExecutionOptions, "startsSettled"> = {},
  ): Promise<DerivedExecution> {
    const derived = new DerivedExecution(network, derive);
    try {
      derived.#execution = await network.execute({ ...options, derivation: derived });
      // The network may have been disposed of meanwhile: then nothing was planned.
      if (derived.#execution.isDisposed) throw new DeviceError(network.refusal);
    } catch (error) {
      derived.#forgetStates();
      throw error;
    }
    return derived;
  }

  derive(graph: TypedGraph): Graph {
    this.#planned = withOwnNames(this.#derive(graph), graph, this.#id);
    return this.#planned.graph;
  }

  /** Called when what was derived last has come into use. */
  operands(): Readonly<Record<string, Tensor>> {
    this.#derived = this.#planned;
    const entries = Object.entries(this.#derived?.operands ?? {});
    return Object.fromEntries(entries.map(([role, { name, initial }]) => [name, this.#written.get(role) ?? initial]));
  }

  /** What runs: for profiles. */
  get running(): Execution {
    return this.#execution as Execution;
  }

  /**
   * What only its graph has as parameters, and what lasts from run to run: by the names that the derivation gives, those of the network. What is
   * gathered within a step of several runs is not among them.
   */
  get states(): ReadonlyMap<string, Parameter> {
    const { nodes, updates = new Map<string, string>(), parameters = new Map<string, Tensor>() } = (this.#derived as Derived).graph;
    const gathered = new Set(nodes.filter(({ attributes }) => attributes.get("kind") === "gather").flatMap(({ outputs }) => outputs));
    const ending = ownEnding(this.#id);
    const typeOf = (name: string): Parameter => {
      const { dtype, shape } = parameters.get(name) as Tensor;
      return { name, dtype, shape };
    };
    const own = [...updates].filter(([name, next]) => name.endsWith(ending) && !gathered.has(next));
    return new Map(own.map(([name]) => [name.slice(0, -ending.length), typeOf(name)] as const));
  }

  /** Writes operands, by role, for the runs from now on. Nothing is planned anew. */
  write(operands: Readonly<Record<string, Tensor>>): void {
    const named: Record<string, Tensor> = {};
    for (const [role, tensor] of Object.entries(operands)) {
      const operand = this.#derived?.operands[role];
      if (!operand) continue;
      this.#written.set(role, tensor);
      named[operand.name] = tensor;
    }
    this.running.writeOperands(named);
  }

  /** What its states lie in: another one after the model was moved to another device, where they begin anew. */
  get memory(): object {
    return this.#network.parameters;
  }

  /** Settles when it runs on the pipelines that it will keep, as `model.settled` does. */
  get settled(): Promise<void> {
    return this.running.startup.settled;
  }

  /** Writes the given inputs and submits one run. Reads nothing back and waits for nothing. */
  run(inputs?: Inputs): void {
    this.running.run(inputs);
  }

  /** Where a result lies on the GPU. */
  value(name: string): GpuValue {
    return this.running.value(this.#nameOf(name));
  }

  /** Where an input of the network lies: each execution has its own. */
  input(name: string): GpuValue {
    return this.running.value(name);
  }

  /** Where an operand lies, by its role. */
  operand(role: string): GpuValue {
    return this.running.value(this.#derived?.operands[role]?.name ?? role);
  }

  /** Runs once and reads results back, by the names that they were asked for. */
  async predict(inputs: Inputs | undefined, names: readonly string[]): Promise<Record<string, Tensor>> {
    const results = await this.running.predict(inputs, [...new Set(names.map((name) => this.#nameOf(name)))]);
    return Object.fromEntries(names.map((name) => [name, results[this.#nameOf(name)] as Tensor]));
  }

  /** Reads results of the last run back, by the names that they were asked for. */
  async read(names: readonly string[]): Promise<Record<string, Tensor>> {
    const tensors = await Promise.all(names.map((name) => this.running.read(this.#nameOf(name))));
    return Object.fromEntries(names.map((name, i) => [name, tensors[i] as Tensor]));
  }

  /** Resolves when the GPU has done what was submitted. */
  done(): Promise<unknown> {
    return this.#network.device.gpu.queue.onSubmittedWorkDone();
  }

  #nameOf(name: string): string {
    const results = (this.#derived as Derived).results;
    const result = results.get(name);
    if (result) return result;
    throw new ModelError(`'${name}' was not asked for. There are ${fewOf([...results.keys()]) || "none"}.`);
  }

  /** Returns its bytes to the GPU. The network goes on. */
  dispose(): void {
    this.running.dispose();
    this.#forgetStates();
    // A plan that is under way may still ask for them.
    void this.running.planned().then(() => this.#forgetStates());
  }

  /** What only this graph has as parameters: they change from run to run, and nobody else reads them. */
  #forgetStates(): void {
    for (const derived of [this.#derived, this.#planned])
      this.#network.forgetParameters([...(derived?.graph.updates?.keys() ?? [])].filter((name) => name.endsWith(ownEnding(this.#id))));
  }
}

/**
 * Ends the names of what a derived graph has besides the network's with a number: executions share constants and parameters by name, and what
 * two derivations call alike is not the same.
 */
function withOwnNames({ graph, results, operands }: Derived, base: TypedGraph, id: number): Derived {
  const nodes = new Set(base.nodes.map(({ name }) => name));
  const own = (name: string) => (name === "" || base.types.has(name) ? name : `${name}${ownEnding(id)}`);
  const keys = <T>(map: ReadonlyMap<string, T>) => new Map(Array.from(map, ([name, value]) => [own(name), value] as const));
  return {
    graph: {
      ...graph,
      inputs: graph.inputs.map((input) => ({ ...input, name: own(input.name) })),
      outputs: graph.outputs.map(own),
      initializers: keys(graph.initializers),
      parameters: graph.parameters && keys(graph.parameters),
      updates: graph.updates && new Map(Array.from(graph.updates, ([name, value]) => [own(name), own(value)] as const)),
      nodes: graph.nodes.map((node) => ({
        ...node,
        name: nodes.has(node.name) ? node.name : `${node.name}${ownEnding(id)}`,
        inputs: node.inputs.map(own),
        outputs: node.outputs.map(own),
      })),
    },
    results: new Map(Array.from(results, ([name, value]) => [name, own(value)] as const)),
    operands: Object.fromEntries(Object.entries(operands).map(([role, operand]) => [role, { ...operand, name: own(operand.name) }])),
  };
}

function ownEnding(id: number): string {
  return ` #${id}`;
}

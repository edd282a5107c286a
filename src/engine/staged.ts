// A network that is run in stages, for its shapes hang on what it computes: what comes before is an ordinary network, in one submit. Loaded
// on demand.
import { ModelError, UnsupportedError } from "./errors.ts";
import { Execution, type ExecutionOptions, type Inputs } from "./execution.ts";
import type { Device } from "./gpu/device.ts";
import type { Graph } from "./graph/graph.ts";
import type { Inspection } from "./inspect.ts";
import { Network, type NetworkOptions, type OutputType, type PlanningRules } from "./network.ts";
import { type Division, divideGraph, type Rest } from "./passes/demands.ts";
import { prepareGraph } from "./passes/index.ts";
import type { Inference, InferOptions } from "./passes/infer.ts";
import { explainObstacles } from "./passes/obstacles.ts";
import { Budget, Continuation, checked, KeptPlans, type Values } from "./stages.ts";
import { type ModelSummary, summarize } from "./summary.ts";
import { isFloat, type Tensor } from "./tensor.ts";

/**
 * What keeps a graph from running where values are read in the middle, and its layers with what is read before them. Of one that runs they
 * are the layers that it runs with: an If or Loop that is left for later is a single one.
 */
export function inspectStages(graph: Graph, { catalog }: Inference, options: InferOptions, inspection: Inspection): Inspection {
  const division = divideGraph(graph, catalog, options);
  const obstacles = explainObstacles({ graph: division.inference.graph, obstacles: division.obstacles });
  const summary = obstacles.length > 0 ? inspection.summary : summarize(graph, division.inference, inspection.axes);
  return { ...inspection, obstacles, summary: withReads(summary, division.rest) };
}

/** @throws UnsupportedError with all reasons */
export function refuse(inference: Inference): never {
  throw new UnsupportedError(explainObstacles(inference));
}

function withReads(summary: ModelSummary, rest: Rest | undefined): ModelSummary {
  const reads = new Map(rest?.demands.map(({ node, values }) => [node.name, values]));
  const layers = summary.layers.map((layer) => {
    const readsBack = reads.get(layer.name);
    return readsBack ? { ...layer, readsBack } : layer;
  });
  return { ...summary, layers };
}

/**
 * @param inference of the graph as a whole, with the obstacles
 * @throws UnsupportedError with all reasons if it cannot run
 */
export async function stageNetwork(
  device: Device,
  file: Graph,
  { catalog }: Inference,
  rules: PlanningRules,
  options: NetworkOptions,
): Promise<Network> {
  const whole = checked(divideGraph(file, catalog, options));
  const inference = await prepareGraph(whole.first, device.target, rules);
  if (inference.obstacles.length > 0) refuse(inference);
  return whole.rest ? new StagedNetwork(device, file, inference, rules, whole) : new Network(device, file, inference, rules);
}

export class StagedNetwork extends Network {
  readonly #whole: Division;
  /** Of what comes later, as the last run has shown them. */
  #types: Values = new Map();

  constructor(device: Device, file: Graph, inference: Inference, rules: PlanningRules, whole: Division) {
    super(device, file, inference, rules);
    this.#whole = whole;
  }

  /** What comes later, by values that are still to be computed. */
  get rest(): Rest {
    return this.#whole.rest as Rest;
  }

  override get outputs(): readonly OutputType[] {
    return this.file.outputs.map((name) => {
      const type = this.graph.types.get(name) ?? this.#types.get(name);
      return { name, dtype: type?.dtype, shape: type?.shape };
    });
  }

  remember(results: Values): void {
    this.#types = new Map([...this.#types, ...results]);
  }

  override summary(): ModelSummary {
    return withReads(summarize(this.file, this.#whole.inference), this.rest);
  }

  /** Whether a value is computed after others were read. */
  isLater(name: string): boolean {
    return !this.graph.types.has(name) && this.rest.nodes.some(({ outputs }) => outputs.includes(name));
  }

  /** Of what has a place on the GPU: what is computed later can be read, but not gated, differentiated or written. */
  override valueName(name: string): string {
    const value = this.anyName(name);
    if (!this.isLater(value)) return value;
    const { types, nodes, inputs } = this.graph;
    const before = [...nodes.flatMap(({ outputs }) => outputs).toReversed(), ...inputs.map((input) => input.name)].find((one) =>
      isFloat(types.get(one)?.dtype ?? "bool"),
    );
    throw new ModelError(
      `value '${name}' has no place of its own on the GPU: it is computed after values were read back. It can be read (model.read(), or convcam run --save). To gate, explain or differentiate, name a value from before, such as '${before ?? this.rest.inputs[0]}'.`,
    );
  }

  /** As {@link valueName}, also of what is computed later. */
  anyName(name: string): string {
    if (this.isLater(name)) return name;
    const node = this.graph.types.has(name) ? undefined : this.rest.nodes.find((one) => one.name === name);
    return node?.outputs.find(Boolean) ?? super.valueName(name);
  }

  /** How a run goes on. @param wanted values that are to be computed besides the outputs */
  continuation(wanted: readonly string[]): Continuation {
    const constants = Array.from(this.rest.constants, ([name, tensor]) => [name, this.constant(name) ?? tensor] as const);
    const outputs = [...new Set([...this.rest.outputs, ...wanted])];
    return new Continuation(
      { ...this.rest, constants: new Map(constants), outputs },
      { network: this, catalog: this.#whole.inference.catalog, plans: new KeptPlans() },
    );
  }

  protected override begin(options: ExecutionOptions): Execution {
    return options.derivation ? super.begin(options) : new StagedExecution(this, options);
  }
}

class StagedExecution extends Execution {
  readonly #network: StagedNetwork;
  #continuation: Continuation;
  #observed: readonly string[] = [];
  /** What comes later is computed for one run after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** What the last run has computed later, once somebody has asked for it. */
  #later: Promise<Values> | undefined;

  constructor(network: StagedNetwork, options: ExecutionOptions) {
    super(network, options);
    this.#network = network;
    this.#continuation = network.continuation([]);
  }

  override get observed(): readonly string[] {
    return [...super.observed, ...this.#observed];
  }

  override async observe(names: readonly string[] | "all"): Promise<void> {
    if (names === "all") return super.observe(names);
    const values = names.map((name) => this.#network.anyName(name));
    const later = values.filter((name) => this.#network.isLater(name));
    if (later.join("\n") !== this.#observed.join("\n")) {
      this.#observed = later;
      this.refresh();
    }
    return super.observe(values.filter((name) => !this.#network.isLater(name)));
  }

  /** Plans what comes later anew. */
  refresh(): void {
    const before = this.#continuation;
    void this.#turn.then(() => before.dispose());
    this.#continuation = this.#network.continuation(this.#observed);
    this.#later = undefined;
  }

  override encode(pass: GPUComputePassEncoder): void {
    this.#later = undefined;
    super.encode(pass);
  }

  override async predict(inputs: Inputs = {}, outputs: readonly string[] = this.#network.file.outputs): Promise<Record<string, Tensor>> {
    const names = outputs.map((name) => this.#network.anyName(name));
    const now = names.filter((name) => !this.#network.isLater(name));
    const reads = [...new Set([...now, ...this.#continuation.inputs])];
    const first = super.predict(inputs, reads);
    const later = this.#goOn(first);
    this.#later = later;
    const [values, rest] = await Promise.all([first, later]);
    return Object.fromEntries(outputs.map((name, i) => [name, rest.get(names[i] as string) ?? (values[names[i] as string] as Tensor)]));
  }

  override async read(name: string): Promise<Tensor> {
    const value = this.#network.anyName(name);
    if (!this.#network.isLater(value) || this.isDisposed) return super.read(name);
    this.#later ??= this.#goOn(this.#readInputs());
    const tensor = (await this.#later).get(value);
    if (!tensor) throw new ModelError(`value '${name}' is not observed. Observe it first: model.observe(["${name}"]).`);
    return tensor.copy();
  }

  async #readInputs(): Promise<Record<string, Tensor>> {
    const read = async (name: string) => [name, await super.read(name)] as const;
    return Object.fromEntries(await Promise.all(this.#continuation.inputs.map(read)));
  }

  #goOn(first: Promise<Readonly<Record<string, Tensor>>>): Promise<Values> {
    const continuation = this.#continuation;
    const goOn = async () => {
      const values = new Map(Object.entries(await first));
      const results = await continuation.run(values, new Budget());
      this.#network.remember(results);
      return results;
    };
    const result = this.#turn.then(goOn);
    this.#turn = result.catch(() => {});
    return result;
  }

  override dispose(): void {
    super.dispose();
    this.#continuation.dispose();
  }
}

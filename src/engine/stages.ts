// What comes after values that had to be read: planned for the sizes that occur, and kept by them.
import { DerivedExecution } from "./derived.ts";
import { DeviceError, UnsupportedError } from "./errors.ts";
import type { Body, Graph, Node, SubgraphMarker, TypedGraph, ValueType } from "./graph/graph.ts";
import type { Network } from "./network.ts";
import type { Catalog } from "./ops/catalog.ts";
import { readsOf } from "./ops/control/bodies.ts";
import { answerOf, type Division, divideGraph, graphOfRest, type Rest } from "./passes/demands.ts";
import { explainObstacles } from "./passes/obstacles.ts";
import type { Demand } from "./passes/watch.ts";
import { sameShape } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

export type Values = ReadonlyMap<string, Tensor>;

/** Plans that are kept of what comes after one stage. */
const mostKept = 8;
/** Plans that are kept of all stages of a network, for one may come after many others, and the bytes that they have in common. */
const [mostPlans, mostBytes] = [64, 1 << 28];
/** Stages of one run. */
const mostStages = 4096;

/** Bytes of a value by which plans are kept. */
const mostCompared = 4096;

/** What all stages of a network share. */
export interface Surroundings {
  readonly network: Network;
  readonly catalog: Catalog;
  readonly plans: KeptPlans;
}

interface KeptPlan {
  readonly bytes: number;
}

/** Bounds what the plans of all stages take: those that were used longest ago go. */
export class KeptPlans {
  /** The one that was used last is the last. */
  readonly #stages = new Map<KeptPlan, () => void>();
  readonly #inUse = new Set<KeptPlan>();

  /** @param drop called where the plan is to go; not while it is in use, nor while one after it is */
  async use<T>(stage: KeptPlan, drop: () => void, run: () => Promise<T>): Promise<T> {
    this.#stages.delete(stage);
    this.#stages.set(stage, drop);
    this.#inUse.add(stage);
    this.#trim();
    try {
      return await run();
    } finally {
      this.#inUse.delete(stage);
    }
  }

  forget(stage: KeptPlan): void {
    this.#stages.delete(stage);
  }

  #trim(): void {
    let bytes = Array.from(this.#stages.keys(), (stage) => stage.bytes).reduce((a, b) => a + b, 0);
    for (const [stage, drop] of this.#stages) {
      if (this.#stages.size <= mostPlans && bytes <= mostBytes) break;
      if (this.#inUse.has(stage)) continue;
      bytes -= stage.bytes;
      this.#stages.delete(stage);
      drop();
    }
  }
}

/** Counts the stages of one run. */
export class Budget {
  #left = mostStages;

  take(): void {
    if (--this.#left < 0) throw new UnsupportedError(`a run of more than ${mostStages} stages.`);
  }
}

/** What is left of a run when some values are known. */
export class Continuation {
  readonly #rest: Rest;
  readonly #in: Surroundings;
  readonly #stages = new Map<string, Promise<Stage>>();
  readonly #loops = new Map<Node, Loop>();
  #count = 0;
  #isDisposed = false;

  constructor(rest: Rest, surroundings: Surroundings) {
    this.#rest = rest;
    this.#in = surroundings;
  }

  /** The values that it takes. */
  get inputs(): readonly string[] {
    return this.#rest.inputs;
  }

  /** @returns the wanted values that it computes */
  async run(values: Values, budget: Budget): Promise<Values> {
    budget.take();
    const all = new Map([...this.#rest.constants, ...values]);
    const graph = this.#in.network.file;
    const done = new Set<Node>();
    const known = new Set<string>();
    const given = new Map(values);
    let key = this.#rest.takesAnySize ? [...values.values()].map(typeOf).join(" ") : "";
    for (const { node, values: demanded, isLoop } of this.#rest.demands) {
      const answers = isLoop ? await this.#loopOf(node).run(all, budget) : answerOf(node, graph, this.#in.catalog, all);
      if (answers) done.add(node);
      else for (const name of demanded) known.add(name);
      for (const [i, answer] of answers?.entries() ?? []) {
        const name = node.outputs[i];
        if (!name || !answer) continue;
        given.set(name, answer);
        key += `${typeOf(answer)} `;
      }
    }
    for (const name of known) key += this.#keyOf(all.get(name) as Tensor);
    const stage = await this.#stage(key, () => graphOfRest(this.#rest, graph, given, { done, known }));
    return this.#in.plans.use(
      stage,
      () => this.#drop(key),
      () => stage.run(given, budget),
    );
  }

  #stage(key: string, graph: () => Graph): Promise<Stage> {
    const kept = this.#stages.get(key);
    // The one that was used last is the last.
    this.#stages.delete(key);
    const stage = kept ?? this.#make(graph());
    this.#stages.set(key, stage);
    stage.catch(() => this.#stages.delete(key));
    for (const oldest of this.#stages.keys()) {
      if (this.#stages.size <= mostKept) break;
      this.#drop(oldest);
    }
    return stage;
  }

  async #make(graph: Graph): Promise<Stage> {
    const stage = await Stage.make(graph, this.#in);
    if (!this.#isDisposed) return stage;
    stage.dispose();
    throw new DeviceError(this.#in.network.refusal);
  }

  #drop(key: string): void {
    const stage = this.#stages.get(key);
    this.#stages.delete(key);
    stage?.then(
      (made) => {
        this.#in.plans.forget(made);
        made.dispose();
      },
      () => {},
    );
  }

  #loopOf(node: Node): Loop {
    const loop = this.#loops.get(node) ?? new Loop(node, this.#rest.constants, this.#in);
    this.#loops.set(node, loop);
    return loop;
  }

  /** Of a value that is planned with. Large ones are hardly the same twice. */
  #keyOf({ dtype, shape, bytes }: Tensor): string {
    return `${typeOf({ dtype, shape })}=${bytes.length > mostCompared ? `#${++this.#count}` : bytes} `;
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const key of [...this.#stages.keys()]) this.#drop(key);
    for (const loop of this.#loops.values()) loop.dispose();
  }
}

function typeOf({ dtype, shape }: ValueType): string {
  return `${dtype}[${shape}]`;
}

/** A Loop whose iterations say whether there is a next: its body is a continuation of its own, planned for the sizes that occur. */
class Loop {
  readonly #node: Node;
  readonly #body: Body;
  readonly #constants: Values;
  readonly #continuation: Continuation;

  constructor(node: Node, known: Values, surroundings: Surroundings) {
    this.#node = node;
    const constants = new Map(readsOf(node).flatMap((name) => pair(name, known.get(name))));
    this.#constants = constants;
    const body = node.attributes.get("body") as SubgraphMarker;
    this.#body = body.body as Body;
    const { inputs, outputs, nodes } = this.#body;
    this.#continuation = new Continuation({ demands: [], nodes, inputs, constants, outputs, takesAnySize: true }, surroundings);
  }

  async run(values: Values, budget: Budget): Promise<readonly Tensor[]> {
    const { inputs, outputs, outputTypes } = this.#body;
    const [count = "", condition = "", ...initial] = this.#node.inputs;
    const outer = readsOf(this.#node).flatMap((name) => (this.#constants.has(name) ? [] : pair(name, values.get(name))));
    const numberOf = (name: string) => values.get(name)?.toNumbers()[0];
    const turns = (count && numberOf(count)) || (count ? 0 : Number.POSITIVE_INFINITY);
    let goesOn = condition ? numberOf(condition) !== 0 : true;
    let states = initial.map((name) => values.get(name) as Tensor);
    const scanned = outputs.slice(states.length + 1).map((): Tensor[] => []);
    const runBody = async (turn: number) => {
      const given = [Tensor.int64([], [turn]), Tensor.from("bool", [], [1]), ...states];
      const all = new Map([...outer, ...inputs.map((name, i) => [name, given[i] as Tensor] as const)]);
      const results = await this.#continuation.run(all, budget);
      return outputs.map((name) => results.get(name) as Tensor);
    };
    let turn = 0;
    for (; turn < turns && goesOn; turn++) {
      const found = await runBody(turn);
      goesOn = found[0]?.toNumbers()[0] !== 0;
      states = found.slice(1, states.length + 1);
      for (const [i, list] of scanned.entries()) list.push(found[states.length + 1 + i] as Tensor);
    }
    let types = outputTypes.slice(states.length + 1);
    // Without iterations, one shows which shapes the elements would have.
    if (turn === 0 && scanned.some((_, i) => !types[i])) types = (await runBody(0)).slice(states.length + 1);
    return [...states, ...scanned.map((list, i) => this.#stack(list, types[i] as ValueType, i))];
  }

  #stack(list: readonly Tensor[], type: ValueType, index: number): Tensor {
    const { dtype, shape } = list[0] ?? type;
    if (list.some((one) => !sameShape(one.shape, shape)))
      throw new UnsupportedError(`Loop '${this.#node.name}': its scan output ${index} has another shape in each iteration.`);
    const bytes = new Uint8Array(list.reduce((sum, one) => sum + one.bytes.length, 0));
    let at = 0;
    for (const one of list) {
      bytes.set(one.bytes, at);
      at += one.bytes.length;
    }
    return new Tensor(dtype, [list.length, ...shape], bytes);
  }

  dispose(): void {
    this.#continuation.dispose();
  }
}

/** A part of a run: what is computed on the GPU, and what comes after. */
class Stage {
  readonly #first: TypedGraph;
  readonly #execution: DerivedExecution | undefined;
  readonly #next: Continuation | undefined;

  private constructor(first: TypedGraph, execution: DerivedExecution | undefined, next: Continuation | undefined) {
    this.#first = first;
    this.#execution = execution;
    this.#next = next;
  }

  /** Of its buffers, without weights. */
  get bytes(): number {
    return this.#execution?.running.program?.plan.memory.activationBytes ?? 0;
  }

  static async make(graph: Graph, surroundings: Surroundings): Promise<Stage> {
    const { network, catalog } = surroundings;
    const { first, rest } = checked(divideGraph(graph, catalog));
    const own = new Set(graph.inputs.map(({ name }) => name));
    const isInHand = ({ node, values }: Demand) => graph.nodes.includes(node) && values.every((name) => own.has(name));
    const demands = rest?.demands.filter(isInHand) ?? [];
    if (demands.length > 0) {
      // Before anything is computed.
      const { nodes, initializers: constants, outputs } = graph;
      return new Stage(
        { ...first, outputs: [...own] },
        undefined,
        new Continuation({ demands, nodes, inputs: [...own], constants, outputs }, surroundings),
      );
    }
    const next = rest && new Continuation(rest, surroundings);
    const computed = first.outputs.filter((name) => !own.has(name) && !first.initializers.has(name));
    if (computed.length === 0) return new Stage(first, undefined, next);
    const apart = withNamesOfItsOwn({ ...first, outputs: computed }, network.graph);
    const operands = first.inputs.map(({ name, dtype, shape }) => [name, { name, initial: Tensor.filled(dtype, shape, 0) }] as const);
    const derived = { graph: apart, results: new Map(computed.map((name) => [name, name])), operands: Object.fromEntries(operands) };
    return new Stage(first, await DerivedExecution.make(network, () => derived), next);
  }

  async run(values: Values, budget: Budget): Promise<Values> {
    const found = new Map(this.#first.outputs.flatMap((name) => pair(name, values.get(name) ?? this.#first.initializers.get(name))));
    if (this.#execution) {
      const inputs = this.#first.inputs.flatMap(({ name }) => pair(name, values.get(name)));
      this.#execution.write(Object.fromEntries(inputs));
      const names = this.#first.outputs.filter((name) => !found.has(name));
      for (const [name, tensor] of Object.entries(await this.#execution.predict(undefined, names))) found.set(name, tensor);
    }
    const later = await this.#next?.run(new Map(this.#next.inputs.flatMap((name) => pair(name, found.get(name)))), budget);
    return new Map([...found, ...(later ?? [])]);
  }

  dispose(): void {
    this.#execution?.dispose();
    this.#next?.dispose();
  }
}

/** @throws UnsupportedError with all reasons if it cannot run */
export function checked(division: Division): Division {
  if (division.obstacles.length > 0)
    throw new UnsupportedError(explainObstacles({ graph: division.inference.graph, obstacles: division.obstacles }));
  return division;
}

function pair<T>(name: string, value: T | undefined): readonly (readonly [string, T])[] {
  return value === undefined ? [] : [[name, value]];
}

/** Executions share constants by name: what holds something else than the network's constant of that name gets another. */
function withNamesOfItsOwn(graph: TypedGraph, base: TypedGraph): Graph {
  const isOther = (name: string) => base.types.has(name) && base.initializers.get(name) !== graph.initializers.get(name);
  const names = new Map([...graph.initializers.keys()].filter(isOther).map((name) => [name, `${name} as read`]));
  const rename = (name: string) => names.get(name) ?? name;
  return {
    name: graph.name,
    opsets: graph.opsets,
    metadata: graph.metadata,
    inputs: graph.inputs,
    outputs: graph.outputs,
    initializers: new Map(Array.from(graph.initializers, ([name, tensor]) => [rename(name), tensor])),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
  };
}

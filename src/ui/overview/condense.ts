// A network as few nodes: Conv, BatchNormalization and activation are one, views and constants are none. Pure.
import type { Axes, Shape } from "../../engine/shapes.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import { Chain } from "./chain.ts";
import type { NetworkFacts } from "./facts.ts";
import { obstaclesByNode } from "./obstacles.ts";
import { Readers } from "./readers.ts";
import { gateWord, kindOf } from "./words.ts";

/** One layer as people see it, or an input. */
export interface OverviewNode {
  /** The value that is shown for it: the end of its chain. */
  readonly id: string;
  /** What a person calls it: "Conv 3×3 + ReLU". */
  readonly title: string;
  readonly role: "input" | "layer";
  /** Of its graph nodes, in the order of execution: views, too, and what computes its weights. None for an input. */
  readonly names: readonly string[];
  /** Of those between its input and its value. */
  readonly operators: readonly string[];
  /** All values that belong to it. */
  readonly values: readonly string[];
  /** Those that are the network's outputs. */
  readonly outputs: readonly string[];
  /** Of the value that is shown; `undefined` behind an obstacle. */
  readonly shape: Shape | undefined;
  readonly axes?: Axes | undefined;
  readonly parameterCount: number;
  /** Multiply-adds. */
  readonly macs: number;
  /** Why it cannot run. */
  readonly obstacles: readonly string[];
}

export interface OverviewEdge {
  readonly from: string;
  readonly to: string;
}

/** Nodes in an order in which each comes behind those that it reads; no edge twice. */
export interface Overview {
  readonly nodes: readonly OverviewNode[];
  readonly edges: readonly OverviewEdge[];
}

export function condense(network: NetworkFacts): Overview {
  const obstacles = obstaclesByNode(network.obstacles, network.layers);
  const { chains } = new Condensation(network);
  const outputs = new Set(network.outputs);
  const isOutput = (value: string) => outputs.has(value);
  const ids = new Map(chains.map((chain) => [chain, chain.shown(isOutput).name]));
  return {
    nodes: chains.map((chain): OverviewNode => {
      const { name: id, shape, axes } = chain.shown(isOutput);
      const { rows } = chain;
      const counted = [...chain.prepared, ...rows];
      return {
        id,
        title: chain.isInput ? "input" : kindOf(chain.steps, network.facts),
        role: chain.isInput ? "input" : "layer",
        names: counted.map(({ name }) => name),
        operators: rows.map(({ operator }) => operator),
        values: chain.values.map(({ name }) => name),
        outputs: chain.values.flatMap(({ name }) => (isOutput(name) ? [name] : [])),
        shape,
        axes,
        parameterCount: counted.reduce((sum, row) => sum + row.parameterCount, 0),
        macs: counted.reduce((sum, row) => sum + row.macs, 0),
        obstacles: counted.flatMap(({ name }) => obstacles.get(name) ?? []),
      };
    }),
    edges: chains.flatMap((to) => Array.from(to.sources, (from) => ({ from: ids.get(from) as string, to: ids.get(to) as string }))),
  };
}

const hidesInputs: ReadonlySet<string> = new Set(["If", "Loop", "Scan"]);

/** Takes the rows in their order into chains. */
class Condensation {
  readonly #chains = new Set<Chain>();
  readonly #chainOf = new Map<string, Chain>();
  readonly #readers: Readers;
  readonly #layers: readonly LayerSummary[];
  /** Constants that nodes compute, and where in the order of execution these stand. */
  readonly #constants = new Map<string, number>();
  readonly #counted = new Set<number>();

  constructor(network: NetworkFacts) {
    this.#readers = new Readers(network);
    for (const input of network.inputs) this.#begin(new Chain(input));
    this.#layers = network.layers;
    for (const [place, row] of network.layers.entries()) {
      const inputs = new Set(row.inputs.filter((name) => this.#chainOf.has(name)));
      // What If and its kin read inside is not among their inputs.
      if (inputs.size > 0 || hidesInputs.has(row.operator)) this.#take(row, [...inputs]);
      else for (const output of row.outputs) this.#constants.set(output, place);
    }
  }

  /** The rows that a row's constants are computed by, in order; each is counted once in the network. */
  #countConstants({ inputs }: LayerSummary): readonly LayerSummary[] {
    const found: number[] = [];
    const waiting = [...inputs];
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const place = this.#constants.get(name);
      // What a counted one reads is counted, too.
      if (place === undefined || this.#counted.has(place)) continue;
      this.#counted.add(place);
      found.push(place);
      for (const input of this.#layers[place]?.inputs ?? []) waiting.push(input);
    }
    return found.sort((a, b) => a - b).map((place) => this.#layers[place] as LayerSummary);
  }

  get chains(): readonly Chain[] {
    return [...this.#chains];
  }

  #take(row: LayerSummary, inputs: readonly string[]): void {
    const chain = this.#continued(row, inputs) ?? this.#gated(row, inputs) ?? this.#begin(new Chain());
    chain.add(row, this.#readers.isView(row));
    for (const constant of this.#countConstants(row)) chain.prepared.add(constant);
    for (const name of inputs) {
      const source = this.#chainOf.get(name) as Chain;
      if (source !== chain) chain.sources.add(source);
    }
    for (const output of row.outputs) this.#chainOf.set(output, chain);
  }

  /** The chain that a row only lengthens. */
  #continued(row: LayerSummary, inputs: readonly string[]): Chain | undefined {
    const [input, other] = inputs;
    if (input === undefined || other !== undefined) return undefined;
    const chain = this.#chainOf.get(input) as Chain;
    if (this.#readers.isView(row)) return chain;
    if (chain.isInput || !this.#readers.continuesLayer(row) || !this.#isEnd(chain, input)) return undefined;
    return this.#readers.of(input).length === 1 ? chain : undefined;
  }

  /** Where a row multiplies x with f(x), such as x · sigmoid(x), and nobody else reads either: the chain of x, which takes in that of f. */
  #gated(row: LayerSummary, inputs: readonly string[]): Chain | undefined {
    if (row.operator !== "Mul" || inputs.length !== 2) return undefined;
    for (const [x, fx] of [inputs, inputs.toReversed()] as [string, string][]) {
      const [chain, gate] = [this.#chainOf.get(x) as Chain, this.#chainOf.get(fx) as Chain];
      if (this.#readers.of(x).length !== 2 || this.#readers.of(fx).length !== 1) continue;
      if (chain.isInput || !this.#isEnd(chain, x) || !this.#isEnd(gate, fx)) continue;
      const isOwnGate = gate.sources.size === 1 && gate.sources.has(chain) && gate.rows.every((own) => this.#readers.continuesLayer(own));
      if (!isOwnGate) continue;
      chain.takeIn(gate, gateWord(gate.rows.map(({ operator }) => operator)));
      this.#chains.delete(gate);
      for (const { name } of gate.values) this.#chainOf.set(name, chain);
      return chain;
    }
    return undefined;
  }

  /** Whether this is the last value of the chain, and what lies behind it may be hidden. */
  #isEnd(chain: Chain, value: string): boolean {
    const last = chain.steps.at(-1)?.row;
    const [main, ...others] = last?.outputs ?? [];
    if (main === undefined || this.#readers.original(value) !== main || this.#readers.isOutput(main)) return false;
    return others.every((other) => this.#readers.of(other).length === 0 && !this.#readers.isOutput(other));
  }

  #begin(chain: Chain): Chain {
    this.#chains.add(chain);
    for (const { name } of chain.values) this.#chainOf.set(name, chain);
    return chain;
  }
}

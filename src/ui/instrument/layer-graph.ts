// What the graph of a network says of its layers: which comes first, and what lies before an activation. Pure.
import type { LayerSummary } from "../../engine/summary.ts";
import { kernelRow } from "../kernels/find.ts";
import type { DrawableLayer } from "../layers.ts";
import { condense, type OverviewNode } from "../overview/condense.ts";
import type { NetworkFacts } from "../overview/facts.ts";
import { operatorsOf } from "./about.ts";
import { mapsOfLayer } from "./place.ts";
import { type Preset, presetsOf } from "./presets.ts";

const activations: ReadonlySet<string> = new Set(
  "Relu LeakyRelu PRelu ThresholdedRelu Clip Elu Selu Celu Sigmoid HardSigmoid HardSwish Swish Mish Gelu Tanh Softplus Softsign Softmax".split(
    " ",
  ),
);

/** Nodes of f, at most, in an activation that is written as x · f(x). */
const longestGate = 4;

export class LayerGraph {
  readonly network: NetworkFacts;
  /** The value of the first node of the overview that is not an input, and can be drawn. */
  readonly first: string | undefined;
  readonly presets: readonly Preset[];
  readonly #producers = new Map<string, LayerSummary>();
  readonly #drawable: ReadonlyMap<string, DrawableLayer>;
  /** Of the overview, by the value that is shown for each. */
  readonly #nodes = new Map<string, OverviewNode>();

  constructor(network: NetworkFacts, layers: readonly DrawableLayer[]) {
    this.network = network;
    this.#drawable = new Map(layers.map((layer) => [layer.value, layer]));
    for (const layer of network.layers) for (const output of layer.outputs) this.#producers.set(output, layer);
    const { nodes } = condense(network);
    for (const node of nodes) this.#nodes.set(node.id, node);
    this.presets = presetsOf(nodes, layers);
    this.first = nodes.find(({ id, role }) => role === "layer" && this.#drawable.has(id))?.id;
  }

  /** What an activation is computed from, where a value is one's result and that can be drawn. */
  beforeActivation(value: string): string | undefined {
    const layer = this.#producers.get(value);
    if (!layer) return undefined;
    const before = activations.has(layer.operator) ? layer.inputs[0] : this.#gatedBy(layer);
    return before !== undefined && this.#drawable.has(before) && this.#producers.has(before) ? before : undefined;
  }

  /** What a layer is made of whose shown value that is, in the order of execution; undefined where it is another's. */
  operatorsOf(value: string): readonly string[] | undefined {
    const node = this.#nodes.get(value);
    return node && operatorsOf(node);
  }

  /** Whether a layer is computed with kernels of its own, one for each of its channels; the rule is that of their answer. */
  hasKernels(value: string): boolean {
    const [row, layer] = [kernelRow(this.network.layers, value), this.#drawable.get(value)];
    return row !== undefined && layer !== undefined && this.network.facts.get(row.name)?.kernelCount === mapsOfLayer(layer).channels;
  }

  /** Of x · f(x), the x. */
  #gatedBy({ operator, inputs }: LayerSummary): string | undefined {
    const [a, b] = inputs;
    if (operator !== "Mul" || a === undefined || b === undefined) return undefined;
    if (this.#isComputedFrom(b, a)) return a;
    return this.#isComputedFrom(a, b) ? b : undefined;
  }

  /** Whether a few nodes with one input each lead from one value to another. */
  #isComputedFrom(value: string, from: string): boolean {
    let at: string | undefined = value;
    for (let i = 0; i < longestGate && at !== undefined; i++) {
      const inputs: readonly string[] = this.#producers.get(at)?.inputs ?? [];
      at = inputs.length === 1 ? inputs[0] : undefined;
      if (at === from) return true;
    }
    return false;
  }
}

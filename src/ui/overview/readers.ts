// Who reads each value of a network, where views count as the value that they are a view of.
import type { LayerSummary } from "../../engine/summary.ts";
import type { NetworkFacts } from "./facts.ts";

/** Behind an obstacle nothing is known but an operator's name. */
const views: ReadonlySet<string> = new Set("Identity Dropout Flatten Reshape Squeeze Unsqueeze".split(" "));
const continuing: ReadonlySet<string> = new Set(
  "BatchNormalization InstanceNormalization Relu LeakyRelu PRelu Clip Sigmoid HardSigmoid HardSwish Tanh Elu Selu Gelu Mish Softmax LogSoftmax QuantizeLinear DequantizeLinear".split(
    " ",
  ),
);

export class Readers {
  readonly #originals = new Map<string, string>();
  readonly #readers = new Map<string, LayerSummary[]>();
  readonly #outputs: ReadonlySet<string>;

  constructor({ layers, outputs }: NetworkFacts) {
    for (const row of layers) {
      const [input] = row.inputs;
      if (this.isView(row) && input !== undefined && row.outputs[0]) this.#originals.set(row.outputs[0], this.original(input));
      else for (const name of new Set(row.inputs.map((name) => this.original(name)))) this.#add(name, row);
    }
    this.#outputs = new Set(outputs.map((name) => this.original(name)));
  }

  /** What a value is a view of; a value that is no view is its own. */
  original(value: string): string {
    return this.#originals.get(value) ?? value;
  }

  /** The rows that compute with a value, or with a view of it. */
  of(value: string): readonly LayerSummary[] {
    return this.#readers.get(this.original(value)) ?? [];
  }

  /** Whether a value, or a view of it, is the network's. */
  isOutput(value: string): boolean {
    return this.#outputs.has(this.original(value));
  }

  /** Whether a row's output is its input in another shape, or as it is. */
  isView(row: LayerSummary): boolean {
    return row.inputs.length === 1 && (row.isView || (row.shape === undefined && views.has(row.operator)));
  }

  continuesLayer(row: LayerSummary): boolean {
    return row.continuesLayer || (row.shape === undefined && continuing.has(row.operator));
  }

  #add(value: string, row: LayerSummary): void {
    const known = this.#readers.get(value);
    if (known) known.push(row);
    else this.#readers.set(value, [row]);
  }
}

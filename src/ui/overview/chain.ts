// The rows of a summary that one node of the overview stands for.
import type { Axes, Shape } from "../../engine/shapes.ts";
import type { LayerSummary } from "../../engine/summary.ts";
import type { NetworkInput } from "./facts.ts";
import type { Step } from "./words.ts";

interface ChainValue {
  readonly name: string;
  readonly shape: Shape | undefined;
  readonly axes?: Axes | undefined;
  readonly isView: boolean;
}

export class Chain {
  readonly isInput: boolean;
  readonly rows: LayerSummary[] = [];
  /** Those that compute constants that it is the first to read, such as its weights. */
  readonly prepared = new Set<LayerSummary>();
  /** The rows that are no views. */
  readonly steps: Step[] = [];
  readonly values: ChainValue[] = [];
  /** The chains that it reads. */
  readonly sources = new Set<Chain>();

  /** @param input the input that it begins with, if any */
  constructor(input?: NetworkInput) {
    this.isInput = input !== undefined;
    if (input) this.values.push({ ...input, isView: false });
  }

  add(row: LayerSummary, isView: boolean): void {
    this.rows.push(row);
    if (!isView) this.steps.push(row.operator === "Mul" && this.#isGated() ? { row, word: "" } : { row });
    row.outputs.forEach((name, i) => {
      this.values.push(i === 0 ? { name, shape: row.shape, axes: row.axes, isView } : { name, shape: undefined, isView: true });
    });
  }

  #isGated(): boolean {
    return this.steps.at(-1)?.word !== undefined;
  }

  /** Takes in a chain that reads this one alone; people call the whole by one word. */
  takeIn(chain: Chain, word: string): void {
    for (const row of chain.rows) this.rows.push(row);
    for (const row of chain.prepared) this.prepared.add(row);
    for (const value of chain.values) this.values.push(value);
    for (const [i, { row }] of chain.steps.entries()) this.steps.push({ row, word: i === 0 ? word : "" });
  }

  /**
   * The value to show: an input itself, else an output of the network, else the last that is no view. A view is shown where it makes a
   * picture of what is none.
   */
  shown(isOutput: (value: string) => boolean): ChainValue {
    const [first] = this.values as [ChainValue];
    if (this.isInput) return first;
    const last = this.values.findLast(({ isView }) => !isView) ?? first;
    const output = isOutput(last.name) ? last : this.values.find(({ name }) => isOutput(name));
    if (output) return output;
    const rank = last.shape?.length ?? 4;
    const picture = rank < 3 || rank > 4 ? this.values.findLast(({ shape }) => shape?.length === 4) : undefined;
    return picture ?? last;
  }
}

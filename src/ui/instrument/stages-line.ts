// Over the graph of a network that is run in stages: says which of its layers are drawn live, and shows what those answer that are computed later.
// Loaded with the first such network.
import { html, nothing, render, type TemplateResult } from "lit";
import { type DataType, isFloat, Tensor } from "../../engine/tensor.ts";
import { asSentence } from "../as-sentence.ts";
import { describeShape, formatNumber } from "../format-number.ts";
import type { OverviewNode } from "../overview/condense.ts";
import type { NetworkFacts } from "../overview/facts.ts";
import { isLater } from "../overview/layer-numbers.ts";
import type { Session } from "../session/session.ts";

export interface StagesHost {
  readonly session: Session | undefined;
}

/** The least time between two answers, while somebody looks. */
const patienceMs = 1000;
/** Numbers of an answer that are written out. */
const mostNumbers = 8;

const words = {
  show: "Show what they answer",
  answers: "What comes later answers, for the picture that is shown",
  computing: "Computing…",
} as const;

export class StagesLine {
  readonly #place: HTMLElement;
  readonly #host: StagesHost;
  readonly #sentence: string;
  /** The network's outputs among what is computed later. */
  readonly #outputs: readonly string[];
  #isOpen = false;
  #isBusy = false;
  /** Whether another frame was drawn since the answers were asked for. */
  #isDue = false;
  #answers: readonly string[] = [];
  #problem = "";

  constructor(place: HTMLElement, network: NetworkFacts, nodes: readonly OverviewNode[], host: StagesHost) {
    this.#place = place;
    this.#host = host;
    this.#sentence = stagesSentence(network, nodes);
    this.#outputs = laterOutputs(network);
    this.#render();
  }

  /** A frame was drawn. */
  refresh(): void {
    if (!this.#isOpen) return;
    this.#isDue = true;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const { session } = this.#host;
    if (this.#isBusy || !session || !this.#isOpen) return;
    this.#isBusy = true;
    this.#isDue = false;
    try {
      const values = await Promise.all(this.#outputs.map((value) => session.ask({ kind: "value", value })));
      this.#answers = values.map((value, i) => answerText(this.#outputs[i] as string, value));
      this.#problem = "";
    } catch (error) {
      // What was being planned anew answers later.
      if ((error as Error).name === "AbortError") this.#isDue = true;
      else this.#problem = (error as Error).message;
    }
    this.#render();
    setTimeout(() => {
      this.#isBusy = false;
      if (this.#isDue && this.#place.isConnected) void this.#ask();
    }, patienceMs);
  }

  #toggle(): void {
    this.#isOpen = !this.#isOpen;
    this.#answers = [];
    this.#problem = "";
    // Where the least time since the last answer is not over, nothing else asks again: a still picture brings no frames.
    this.#isDue = this.#isOpen;
    this.#render();
    void this.#ask();
  }

  #render(): void {
    render(
      html`<p>${this.#sentence} ${this.#outputs.length > 0 ? this.#button() : nothing}</p>${this.#isOpen ? this.#list() : nothing}`,
      this.#place,
    );
  }

  #button(): TemplateResult {
    return html`<button type="button" class="part-button" aria-pressed=${this.#isOpen} @click=${() => this.#toggle()}>${words.show}</button>`;
  }

  #list(): TemplateResult {
    if (this.#problem) return html`<p role="alert">${asSentence(this.#problem)}</p>`;
    if (this.#answers.length === 0) return html`<p role="status">${words.computing}</p>`;
    return html`<ul aria-label=${words.answers}>${this.#answers.map((text) => html`<li>${text}</li>`)}</ul>`;
  }
}

/** Which layers are drawn, and why the others are not. */
export function stagesSentence({ layers }: Pick<NetworkFacts, "layers">, nodes: readonly OverviewNode[]): string {
  const first = [...new Set(layers.flatMap(({ operator, readsBack }) => (readsBack ? [operator] : [])))];
  const own = nodes.filter(({ role }) => role === "layer");
  const later = own.filter(isLater).length;
  const live = own.length - later;
  const many = (count: number) => (count === 1 ? "layer" : `${count.toLocaleString("en")} layers`);
  const before = live === 0 ? "" : `The ${many(live)} before ${live === 1 ? "is" : "are"} drawn live. `;
  const names = first.length > 2 ? `${first.slice(0, 2).join(", ")} and others` : first.join(" and ");
  return `This network runs in stages: from ${names} on, shapes hang on numbers that it computes. ${before}The ${many(later)} from there on ${later === 1 ? "has" : "have"} no maps here.`;
}

/** The network's outputs that are computed later, in their order. */
export function laterOutputs({ outputs, layers }: Pick<NetworkFacts, "outputs" | "layers">): readonly string[] {
  const later = new Set(layers.flatMap((layer) => (layer.shape ? [] : layer.outputs)));
  return outputs.filter((name) => later.has(name));
}

interface Answer {
  readonly dtype: DataType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** "prob, 1 × 5: 0.1, 0.7, 0.2; the largest is 0.7, at 1" */
export function answerText(name: string, { dtype, shape, bytes }: Answer): string {
  const numbers = new Tensor(dtype, shape, bytes).toNumbers();
  const what = shape.length === 0 ? name : `${name}, ${describeShape(shape)}`;
  if (numbers.length === 0) return `${what}: nothing`;
  const some = numbers.slice(0, mostNumbers).map(formatNumber).join(", ");
  const isRow = isFloat(dtype) && numbers.length > 1 && shape.at(-1) === numbers.length;
  const largest = numbers.reduce((best, number, i) => (number > (numbers[best] as number) ? i : best), 0);
  const top = isRow ? `; the largest is ${formatNumber(numbers[largest] as number)}, at ${largest}` : "";
  return `${what}: ${some}${numbers.length > mostNumbers ? ", …" : ""}${top}`;
}

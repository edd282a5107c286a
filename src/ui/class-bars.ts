// The most likely classes of a network as bars: a list that a screen reader can read, too.

import { percentOf } from "./format-number.ts";
import { classNameOf } from "./labels.ts";

export interface ClassScore {
  /** Among the scores. */
  readonly index: number;
  readonly label: string;
  readonly probability: number;
}

/** A network's outputs as probabilities: as they are where they add up to 1, else their softmax. Pure. */
export function toProbabilities(scores: Float32Array): Float32Array {
  let sum = 0;
  let isDistribution = true;
  for (const score of scores) {
    sum += score;
    isDistribution &&= score >= 0 && score <= 1.0001;
  }
  if (isDistribution && Math.abs(sum - 1) < 0.01) return scores;
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((score) => Math.exp(score - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

/** The `count` likeliest classes, likeliest first. Pure. */
export function topClasses(probabilities: Float32Array, labels: readonly string[], count: number): ClassScore[] {
  const order = Array.from(probabilities.keys()).sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  return order.slice(0, count).map((i) => ({ index: i, label: classNameOf(labels, i), probability: probabilities[i] ?? 0 }));
}

/** Up to this many classes stay in their own order, so that bars do not jump. */
const fixedOrderCount = 12;
const shownCount = 5;

export class ClassBars {
  readonly element: HTMLOListElement;
  /** Where the weights are random, no class is marked as the likeliest. */
  isTrained = true;
  #rows: { label: HTMLElement; bar: HTMLElement; value: HTMLElement; row: HTMLElement }[] = [];

  constructor() {
    this.element = document.createElement("ol");
    this.element.className = "bars";
    this.element.ariaLabel = "Classes";
  }

  /** Shows the classes and returns the likeliest. */
  update(scores: Float32Array, labels: readonly string[]): ClassScore | undefined {
    const probabilities = toProbabilities(scores);
    const isFixed = probabilities.length <= fixedOrderCount;
    const top = topClasses(probabilities, labels, isFixed ? probabilities.length : shownCount);
    const shown = isFixed ? Array.from(probabilities, (probability, i) => ({ index: i, label: classNameOf(labels, i), probability })) : top;
    if (this.#rows.length !== shown.length) this.#build(shown.length);
    this.element.ariaLabel = this.isTrained ? "Classes" : "Classes. The network is not trained";
    this.element.classList.toggle("blank", !this.isTrained);
    shown.forEach(({ index, label, probability }, i) => {
      const row = this.#rows[i];
      if (!row) return;
      if (row.label.textContent !== label) row.label.textContent = label;
      row.bar.style.transform = `scaleX(${Math.max(0, Math.min(1, probability || 0)).toFixed(4)})`;
      row.value.textContent = percentOf(probability);
      row.row.classList.toggle("top", this.isTrained && Number.isFinite(probability) && index === top[0]?.index);
      row.row.dataset["class"] = `${index}`;
    });
    return top[0];
  }

  #build(count: number): void {
    this.#rows = Array.from({ length: count }, () => {
      const row = document.createElement("li");
      const [label, track, bar, value] = ["label", "track", "bar", "value"].map((name) => {
        const part = document.createElement("span");
        part.className = name;
        return part;
      }) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
      track.append(bar);
      row.append(label, track, value);
      return { row, label, bar, value };
    });
    this.element.replaceChildren(...this.#rows.map(({ row }) => row));
  }
}

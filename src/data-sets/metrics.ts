// What scores of classes tell of a model: loss, accuracy, and which classes it takes for which.

export interface Metrics {
  readonly count: number;
  /** The mean cross-entropy. */
  readonly loss: number;
  /** The share whose highest score is the right class. */
  readonly accuracy: number;
  /** Row by right class, column by the class of the highest score. */
  readonly confusion: readonly (readonly number[])[];
}

export class MetricsOf {
  readonly #classes: number;
  readonly #confusion: number[][];
  #loss = 0;
  #count = 0;

  constructor(classes: number) {
    this.#classes = classes;
    this.#confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  /** @param scores before a softmax, [count, classes] */
  add(scores: Float32Array, targets: ArrayLike<number>): void {
    const classes = this.#classes;
    for (let i = 0; i < targets.length; i++) {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      const target = targets[i] as number;
      const best = row.reduce((most, score, at) => (score > (row[most] as number) ? at : most), 0);
      const highest = row[best] as number;
      const sum = row.reduce((all, score) => all + Math.exp(score - highest), 0);
      this.#loss += highest + Math.log(sum) - (row[target] as number);
      (this.#confusion[target] as number[])[best] = ((this.#confusion[target] as number[])[best] ?? 0) + 1;
      this.#count++;
    }
  }

  get result(): Metrics {
    const right = this.#confusion.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
    return { count: this.#count, loss: this.#loss / this.#count, accuracy: right / this.#count, confusion: this.#confusion };
  }
}

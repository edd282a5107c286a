// The mistakes that a network is most sure of. Pure.

export interface Wrong {
  /** Which example it is. */
  readonly index: number;
  readonly right: number;
  readonly answer: number;
  /** The softmax of its highest score. */
  readonly share: number;
}

const most = 8;

export class Worst {
  readonly #classes: number;
  #found: readonly Wrong[] = [];

  constructor(classes: number) {
    this.#classes = classes;
  }

  get found(): readonly Wrong[] {
    return this.#found;
  }

  /**
   * @param scores before a softmax, [count, classes]
   * @param first number of the first of these examples
   */
  add(scores: Float32Array, targets: ArrayLike<number>, first: number): void {
    const wrong: Wrong[] = [];
    for (let i = 0; i < targets.length; i++) {
      const row = scores.subarray(i * this.#classes, (i + 1) * this.#classes);
      const right = targets[i] as number;
      const answer = row.reduce((best, score, at) => (score > (row[best] as number) ? at : best), 0);
      const highest = row[answer] as number;
      const share = 1 / row.reduce((sum, score) => sum + Math.exp(score - highest), 0);
      if (answer !== right) wrong.push({ index: first + i, right, answer, share });
    }
    this.#found = [...this.#found, ...wrong].sort((a, b) => b.share - a.share).slice(0, most);
  }
}

// Which weights an element asks for, and from which file those are that its network computes with: one that was refused changes nothing.
import type { ModelSource } from "../engine/source.ts";
import type { Weights } from "./change-weights.ts";

export class WeightsInUse {
  readonly #element: Omit<Weights, "id">;
  #id = 0;
  #held: ModelSource | undefined;
  #refused: ModelSource | undefined;
  /** Whether those before were of a seed. */
  #wasBlank = false;

  constructor(element: Omit<Weights, "id">) {
    this.#element = element;
  }

  /** Others are wanted. */
  change(): void {
    this.#id++;
  }

  get wanted(): Weights {
    const { blank, parameters } = this.#element;
    return { id: this.#id, blank, parameters };
  }

  /** The file whose weights hold, or will if it is not refused. */
  get parameters(): ModelSource | undefined {
    const { parameters } = this.#element;
    return parameters === this.#refused ? this.#held : parameters;
  }

  /** Says what became of those wanted. A network that was loaded for them, or had weights of a seed, has its own if they are refused. */
  settle({ blank, parameters }: Weights, { isLoaded, areWeightsRefused }: { isLoaded: boolean; areWeightsRefused: boolean }): void {
    if (areWeightsRefused && (isLoaded || this.#wasBlank)) this.#held = undefined;
    else if (!areWeightsRefused && blank === undefined) this.#held = parameters;
    if (areWeightsRefused) this.#refused = parameters;
    else if (blank === undefined) this.#refused = undefined;
    this.#wasBlank = blank !== undefined;
  }
}

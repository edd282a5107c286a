// Counts the channels that are silent on the picture that is shown: after each frame, at most once a second.
import type { Session } from "../session/session.ts";
import type { Silence } from "../statistics/count-silence.ts";

/** Between two counts. */
const restMs = 1000;

interface SilentParts {
  readonly session: Pick<Session, "ask">;
  /** Values whose channels are counted. */
  readonly values: () => readonly string[];
  readonly onChange: () => void;
}

export class SilentChannels {
  /** Of each value what was counted last; undefined where the network has it no more. */
  found: { readonly values: readonly string[]; readonly counts: readonly (Silence | undefined)[] } = { values: [], counts: [] };
  readonly #parts: SilentParts;
  #isCounting = false;
  /** A frame was shown since the last count began. */
  #isDue = false;
  #isOver = false;

  constructor(parts: SilentParts) {
    this.#parts = parts;
  }

  /** A frame was shown: of another picture, or by other weights. */
  noteFrame(): void {
    this.#isDue = true;
    if (!this.#isCounting) void this.#count();
  }

  end(): void {
    this.#isOver = true;
  }

  async #count(): Promise<void> {
    this.#isCounting = true;
    const { session, values, onChange } = this.#parts;
    while (this.#isDue && !this.#isOver) {
      this.#isDue = false;
      const all = values();
      const counts = await session.ask({ kind: "silence", values: all }).catch(() => []);
      if (this.#isOver) return;
      this.found = { values: all, counts };
      onChange();
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    this.#isCounting = false;
  }
}

// Effects while somebody looks at them. To prepare them takes a while, and as much memory as the network's values, which is given back when nobody looks
// any more.
import type { ConvCam } from "../element.ts";
import type { Session } from "../session/session.ts";
import { askEffects, type EffectsAnswer } from "./effects.ts";

interface Asked {
  readonly value: string;
  readonly session: Session;
  readonly isKnown: boolean;
}

export class AskedEffects {
  readonly #viewer: ConvCam;
  readonly #update: () => void;
  /** What is looked at. */
  #asked: Asked | undefined;
  /** Until all that was asked is answered. */
  #answering: Promise<unknown> = Promise.resolve();

  /** @param update what was pending has come */
  constructor(viewer: ConvCam, update: () => void) {
    this.#viewer = viewer;
    this.#update = update;
  }

  /** Pending until they are prepared, so that all else is said already; from then on they are of the same frame as all else. */
  async of(value: string, session: Session): Promise<EffectsAnswer> {
    if (this.#asked?.value === value) return this.#asked.isKnown ? this.#ask(value, session) : { isPending: true };
    const asked = { value, session, isKnown: false };
    this.#asked = asked;
    this.#ask(value, session).then(
      () => {
        if (this.#asked !== asked) return;
        this.#asked = { ...asked, isKnown: true };
        this.#update();
      },
      // What they were of is gone. Whoever looks at them still asks again, of what came in its place.
      () => {
        if (this.#asked === asked) this.#asked = undefined;
      },
    );
    return { isPending: true };
  }

  #ask(value: string, session: Session): Promise<EffectsAnswer> {
    const answer = askEffects(session, value, this.#viewer);
    this.#answering = Promise.allSettled([this.#answering, answer]);
    return answer;
  }

  /** Gives back what was prepared, once no answer is on its way that would prepare it again. */
  letGo(): void {
    const asked = this.#asked;
    this.#asked = undefined;
    // Somebody may have come back by then; if the session is gone, so is what was prepared.
    if (asked) void this.#answering.then(() => this.#asked ?? asked.session.ask({ kind: "release", of: "effects" })).catch(() => undefined);
  }

  /** What they were of is gone. */
  forget(): void {
    this.#asked = undefined;
  }
}

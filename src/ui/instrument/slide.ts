// A window that slides over a map: element by element, row by row, by itself or by steps.
import type { Place } from "./place.ts";

/** Milliseconds between two elements. */
const speeds: Readonly<Record<string, number>> = { slow: 1200, normal: 400, fast: 120 };

export interface SlideState {
  readonly isPlaying: boolean;
  readonly speed: string;
  play(): void;
  /** To the element before or after. */
  step(by: number): void;
  setSpeed(speed: string): void;
}

interface SlideHost {
  isAt(place: Place): boolean;
  go(place: Place): void;
  update(): void;
}

export class Slide {
  readonly #host: SlideHost;
  /** Where it is; undefined while it stands still. */
  #at: Place | undefined;
  #timer = 0;
  /** What moves by itself is slow where somebody wants less motion. */
  #speed = matchMedia("(prefers-reduced-motion: reduce)").matches ? "slow" : "normal";

  constructor(host: SlideHost) {
    this.#host = host;
  }

  stateAt(place: Place): SlideState {
    return {
      isPlaying: this.#at !== undefined,
      speed: this.#speed,
      play: () => this.#toggle(place),
      step: (by) => this.#host.go(besides(place, by)),
      setSpeed: (speed) => {
        this.#speed = speed;
        if (this.#timer === 0) return;
        clearTimeout(this.#timer);
        this.#wait();
      },
    };
  }

  /** The numbers of the place that is looked at are there: after a while it goes on, and not before, however long they took. */
  shown(): void {
    if (this.#at && this.#timer === 0) this.#wait();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#at = undefined;
  }

  /** Goes on by itself, or stops. */
  #toggle(from: Place): void {
    if (this.#at) this.stop();
    else {
      this.#at = from;
      this.#wait();
    }
    this.#host.update();
  }

  #wait(): void {
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      // Somebody has gone elsewhere.
      if (!this.#at || !this.#host.isAt(this.#at)) return this.stop();
      this.#at = besides(this.#at, 1);
      this.#host.go(this.#at);
    }, speeds[this.#speed]);
  }
}

/** The element before or after, row by row, and from the last to the first. */
function besides(place: Place, by: number): Place {
  const { height, width } = place.maps;
  const next = (place.y * width + place.x + by + height * width) % (height * width);
  return { ...place, y: Math.floor(next / width), x: next % width };
}

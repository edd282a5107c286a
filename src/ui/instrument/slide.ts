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
  #timer = 0;
  /** What moves by itself is slow where somebody wants less motion. */
  #speed = matchMedia("(prefers-reduced-motion: reduce)").matches ? "slow" : "normal";

  constructor(host: SlideHost) {
    this.#host = host;
  }

  stateAt(place: Place): SlideState {
    return {
      isPlaying: this.#timer !== 0,
      speed: this.#speed,
      play: () => this.#toggle(place),
      step: (by) => this.#host.go(besides(place, by)),
      setSpeed: (speed) => {
        this.#speed = speed;
        if (this.#timer === 0) return;
        this.stop();
        this.#toggle(place);
      },
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  /** Goes on by itself, or stops. */
  #toggle(from: Place): void {
    const wasPlaying = this.#timer !== 0;
    this.stop();
    let at = from;
    const step = () => {
      // Somebody has gone elsewhere.
      if (!this.#host.isAt(at)) return this.stop();
      at = besides(at, 1);
      this.#host.go(at);
    };
    if (!wasPlaying) this.#timer = window.setInterval(step, speeds[this.#speed]);
    this.#host.update();
  }
}

/** The element before or after, row by row, and from the last to the first. */
function besides(place: Place, by: number): Place {
  const { height, width } = place.maps;
  const next = (place.y * width + place.x + by + height * width) % (height * width);
  return { ...place, y: Math.floor(next / width), x: next % width };
}

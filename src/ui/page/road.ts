// The road scene on a canvas, driven by arrow keys or by a finger.
import { roadPicture } from "../../data-sets/road/picture.ts";
import { type Car, drive, parkedCar, type Steering } from "../../data-sets/road/scene.ts";
import { drawPolygons } from "./draw-polygons.ts";
import type { SteeredCanvas } from "./steered-canvas.ts";
import { steeredRoad } from "./steered-road.ts";

interface RoadHost {
  /** The canvas has another picture. */
  onChange(): void;
  /** Whether anybody looks at it. Otherwise the car waits. */
  isShown(): boolean;
}

const seed = 1;

export class Road {
  readonly canvas: HTMLCanvasElement;
  readonly #steered: SteeredCanvas<Steering>;
  readonly #host: RoadHost;
  #car: Car = parkedCar;
  #lastMs: number | undefined;
  #request = 0;

  constructor(host: RoadHost) {
    this.#host = host;
    this.#steered = steeredRoad(
      "A road. Arrow keys drive: up and down for speed, left and right to steer. Or press and pull with a finger.",
      () => this.#start(),
    );
    this.canvas = this.#steered.element;
    this.#draw();
  }

  #start(): void {
    if (this.#request === 0) this.#request = requestAnimationFrame((now) => this.#move(now));
  }

  /** Goes on with the page's frames until the car stands. */
  #move(now: number): void {
    this.#request = 0;
    const seconds = Math.min(0.1, (now - (this.#lastMs ?? now)) / 1000);
    this.#lastMs = now;
    const steering = this.#steered.wish;
    if (this.#host.isShown()) {
      this.#car = drive(this.#car, steering, seconds);
      this.#draw();
      this.#host.onChange();
    }
    const isMoving = this.#car.speed > 0 || steering.forward > 0;
    // The page's timer stands still with it: going on later must not make up for the time between.
    if (isMoving && this.canvas.isConnected) this.#start();
    else this.#lastMs = undefined;
  }

  #draw(): void {
    const context = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    drawPolygons(context, roadPicture({ car: this.#car, seed }));
  }
}

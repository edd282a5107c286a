// The road scene on a canvas: sky, hills, grass, lane marks and trees in simple perspective, driven by arrow keys or by a finger.
import { bendAt, type Car, drive, parkedCar, roadWidth, type Steering, treesBetween } from "./road-scene.ts";
import { SteeredCanvas, side } from "./steered-canvas.ts";

interface RoadHost {
  /** The canvas has another picture. */
  onChange(): void;
  /** Whether anybody looks at it. Otherwise the car waits. */
  isShown(): boolean;
}

const seed = 1;
/** Metres. */
const [eyeHeight, nearest, farthest] = [1.4, 1.8, 170] as const;
/** Pixels that a metre takes a metre away; and the row of the horizon. */
const [focus, horizon] = [260, 0.42 * side] as const;

/** Along the road, in metres from its middle. */
interface Strip {
  readonly color: string;
  readonly left: number;
  readonly right: number;
  /** Whether it is there so far ahead; everywhere unless given. */
  readonly isPainted?: (ahead: number) => boolean;
}

const keys: Readonly<Record<string, Partial<Steering>>> = {
  ArrowUp: { forward: 1 },
  ArrowDown: { forward: -1 },
  ArrowLeft: { right: -1 },
  ArrowRight: { right: 1 },
};

export class Road {
  readonly canvas: HTMLCanvasElement;
  readonly #steered: SteeredCanvas<Steering>;
  readonly #host: RoadHost;
  #car: Car = parkedCar;
  #lastMs: number | undefined;
  #request = 0;

  constructor(host: RoadHost) {
    this.#host = host;
    this.#steered = new SteeredCanvas({
      label: "A road. Arrow keys drive: up and down for speed, left and right to steer. Or press and pull with a finger.",
      keys,
      rest: { forward: 0, right: 0 },
      // The upper half drives, the lower half brakes; the farther from the middle, the more it steers.
      towards: (y, x) => ({ forward: y < 0.75 ? 1 : -1, right: Math.max(-1, Math.min(1, (x - 0.5) * 3)) }),
      onWish: () => this.#start(),
    });
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
    const { distance, heading } = this.#car;
    const sky = context.createLinearGradient(0, 0, 0, horizon);
    sky.addColorStop(0, "#4f8fd6");
    sky.addColorStop(1, "#cfe3f2");
    context.fillStyle = sky;
    context.fillRect(0, 0, side, horizon + 1);
    this.#drawHills(context, heading);
    context.fillStyle = "#5f8f45";
    context.fillRect(0, horizon, side, side - horizon);
    for (const strip of this.#strips()) this.#drawStrip(context, strip);
    for (const tree of treesBetween(distance + nearest, distance + farthest, seed)) this.#drawTree(context, tree);
  }

  /** Where a point of the road's own coordinates lies on the canvas. */
  #project(ahead: number, offset: number): { x: number; y: number; scale: number } {
    const { distance, heading, offset: own } = this.#car;
    const slope = bendAt(distance + 1, seed) - bendAt(distance, seed);
    const bend = bendAt(distance + ahead, seed) - bendAt(distance, seed) - slope * ahead;
    const scale = focus / ahead;
    return { x: side / 2 + (offset - own + bend - Math.tan(heading) * ahead) * scale, y: horizon + eyeHeight * scale, scale };
  }

  /** From below to above: each hides what it lies on. */
  #strips(): readonly Strip[] {
    const half = roadWidth / 2;
    const edge = (left: number): Strip => ({ color: "#f2f2ee", left, right: left + 0.15 });
    return [
      { color: "#7a6a4a", left: -half - 0.7, right: half + 0.7 },
      { color: "#55585e", left: -half, right: half },
      edge(-half + 0.25),
      edge(half - 0.4),
      // The line in the middle has 4 metres of paint and 6 of none.
      { color: "#f2d24a", left: -0.08, right: 0.08, isPainted: (ahead) => (this.#car.distance + ahead) % 10 < 4 },
    ];
  }

  /** In pieces that grow with the distance and overlap a little, or seams would show. */
  #drawStrip(context: CanvasRenderingContext2D, { color, left, right, isPainted }: Strip): void {
    context.fillStyle = color;
    for (let far = farthest; far > nearest; far /= 1.06) {
      const near = far / 1.06;
      if (isPainted && !isPainted(near)) continue;
      const [a, b, c, d] = [
        this.#project(near, left),
        this.#project(near, right),
        this.#project(1.01 * far, right),
        this.#project(1.01 * far, left),
      ];
      context.beginPath();
      for (const { x, y } of [a, b, c, d]) context.lineTo(x, y);
      context.fill();
    }
  }

  #drawHills(context: CanvasRenderingContext2D, heading: number): void {
    context.fillStyle = "#8fae8b";
    context.beginPath();
    context.moveTo(0, horizon);
    for (let x = 0; x <= side; x += 4) {
      const angle = x / 90 + heading * 3;
      context.lineTo(x, horizon - 12 - 9 * Math.sin(angle) - 5 * Math.sin(2.3 * angle + 1));
    }
    context.lineTo(side, horizon);
    context.fill();
  }

  #drawTree(context: CanvasRenderingContext2D, { distance, offset, height, shade }: ReturnType<typeof treesBetween>[number]): void {
    const { x, y, scale } = this.#project(distance - this.#car.distance, offset);
    context.fillStyle = "#5b4128";
    context.fillRect(x - 0.15 * scale, y - 0.4 * height * scale, 0.3 * scale, 0.4 * height * scale);
    context.fillStyle = `hsl(${95 + 35 * shade} 40% ${22 + 14 * shade}%)`;
    context.beginPath();
    context.ellipse(x, y - 0.65 * height * scale, 0.24 * height * scale, 0.38 * height * scale, 0, 0, 2 * Math.PI);
    context.fill();
  }
}

// Moving shapes on a canvas. The red disc is pulled by arrow keys or by a finger; Space stops them all, and whoever wants less motion finds them stopped.
import { moveShapes, type Pull, type Shape, shapesOf } from "./shapes-scene.ts";
import { SteeredCanvas, side } from "./steered-canvas.ts";

interface ShapesHost {
  /** The canvas has another picture. */
  onChange(): void;
  /** Whether anybody looks at it. Otherwise the shapes wait. */
  isShown(): boolean;
}

const seed = 1;

const keys: Readonly<Record<string, Partial<Pull>>> = {
  ArrowUp: { down: -1 },
  ArrowDown: { down: 1 },
  ArrowLeft: { right: -1 },
  ArrowRight: { right: 1 },
};

export class MovingShapes {
  readonly canvas: HTMLCanvasElement;
  readonly #steered: SteeredCanvas<Pull>;
  readonly #host: ShapesHost;
  #shapes: readonly Shape[] = shapesOf(seed);
  #isMoving = false;
  #lastMs: number | undefined;
  #request = 0;

  constructor(host: ShapesHost) {
    this.#host = host;
    const towards = (from: number, to: number) => Math.max(-1, Math.min(1, (to - from) * 4));
    this.#steered = new SteeredCanvas({
      label: "Moving shapes. Arrow keys pull the red disc, or a finger does; Space stops and starts them.",
      keys,
      rest: { down: 0, right: 0 },
      towards: (y, x) => ({ down: towards(this.#shapes[0]?.y ?? 0, y), right: towards(this.#shapes[0]?.x ?? 0, x) }),
      onWish: () => this.#go(true),
    });
    this.canvas = this.#steered.element;
    this.canvas.addEventListener("keydown", (event) => {
      if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.#go(!this.#isMoving);
    });
    this.#draw();
  }

  /** Sets them going, unless the visitor wants less motion: then the first key does. */
  start(): void {
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.#go(true);
  }

  #go(isMoving: boolean): void {
    this.#isMoving = isMoving;
    if (!isMoving) this.#lastMs = undefined;
    else if (this.#request === 0) this.#request = requestAnimationFrame((now) => this.#move(now));
  }

  #move(now: number): void {
    this.#request = 0;
    if (!this.#isMoving) return;
    const seconds = Math.min(0.1, (now - (this.#lastMs ?? now)) / 1000);
    this.#lastMs = now;
    if (this.#host.isShown()) {
      this.#shapes = moveShapes(this.#shapes, seconds, this.#steered.wish);
      this.#draw();
      this.#host.onChange();
    }
    if (this.canvas.isConnected) this.#go(true);
    else this.#go(false);
  }

  #draw(): void {
    const context = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    context.fillStyle = "#f4efe6";
    context.fillRect(0, 0, side, side);
    // The one that is steered lies above the others.
    for (const shape of this.#shapes.toReversed()) {
      context.save();
      context.translate(shape.x * side, shape.y * side);
      context.rotate(shape.angle);
      context.scale(shape.reach * side, shape.reach * side);
      drawShape(context, shape);
      context.restore();
    }
  }
}

/** Draws it around the origin, from −1 to 1. */
function drawShape(context: CanvasRenderingContext2D, { kind, color }: Shape): void {
  Object.assign(context, { fillStyle: color, strokeStyle: color, lineWidth: 0.4 });
  context.beginPath();
  if (kind === "disc") context.arc(0, 0, 1, 0, 2 * Math.PI);
  else if (kind === "square") context.rect(-0.75, -0.75, 1.5, 1.5);
  else if (kind === "triangle") for (const turn of [0, 1, 2]) context.lineTo(Math.sin((turn * 2 * Math.PI) / 3), -Math.cos((turn * 2 * Math.PI) / 3));
  else if (kind === "ring") context.arc(0, 0, 0.8, 0, 2 * Math.PI);
  else for (const [x, y, width, height] of [[-0.9, -0.25, 1.8, 0.5], [-0.25, -0.9, 0.5, 1.8]] as const) context.rect(x, y, width, height); // biome-ignore format: two bars
  if (kind === "ring") context.stroke();
  else context.fill();
}

// A pad to draw on with pointer or keyboard, white on black. Keeps strokes, so that what the network sees can be centred as
// the digits it learned from were.
import { type Point, penRadius, type Stroke } from "../../../models/digit.ts";

/** MNIST's digits fill 20 of 28 pixels, and their centre of mass lies in the middle. */
const digitShare = 20 / 28;

/** Pixels per side of what the network sees, before its own resize. */
const pictureSize = 112;

/** In the middle, lifted. */
const restingPen = { y: 0.5, x: 0.5, isDown: false };

export class DrawingPad {
  /** What the network sees. */
  readonly picture: HTMLCanvasElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #onChange: () => void;
  #strokes: Point[][] = [];
  #isCentered = true;
  /** The keyboard's pen. */
  #pen: { y: number; x: number; isDown: boolean } | undefined;

  constructor(canvas: HTMLCanvasElement, onChange: () => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    this.picture = Object.assign(document.createElement("canvas"), { width: pictureSize, height: pictureSize });
    canvas.addEventListener("pointerdown", (event) => this.#start(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
    // Who comes by the keyboard sees at once where the pen is.
    canvas.addEventListener("focus", () => {
      if (canvas.matches(":focus-visible")) this.#pen = { ...restingPen };
      this.#redraw();
    });
    canvas.addEventListener("blur", () => {
      this.#pen = undefined;
      this.#redraw();
    });
    new ResizeObserver(() => this.#redraw()).observe(canvas);
  }

  get isEmpty(): boolean {
    return this.#strokes.length === 0;
  }

  get strokes(): readonly Stroke[] {
    return this.#strokes;
  }

  /** Whether the network sees the drawing scaled and centred like MNIST's digits, or as it is. */
  set isCentered(isCentered: boolean) {
    this.#isCentered = isCentered;
    this.#redraw();
  }

  show(strokes: readonly Stroke[]): void {
    this.#strokes = strokes.map((stroke) => [...stroke]);
    this.#redraw();
    this.#onChange();
  }

  clear(): void {
    // A pen that stayed lowered would draw nothing: its stroke is gone.
    if (this.#pen) this.#pen = { ...restingPen };
    this.show([]);
  }

  #start(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#strokes.push([this.#pointUnder(event)]);
    this.#changed();
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
  }

  #move(event: PointerEvent): void {
    if (!this.#canvas.hasPointerCapture(event.pointerId)) return;
    const events = event.getCoalescedEvents?.() ?? [];
    this.#strokes.at(-1)?.push(...(events.length > 0 ? events : [event]).map((one) => this.#pointUnder(one)));
    this.#changed();
  }

  /** Arrows move the pen, Space lifts or lowers it, Delete clears. */
  #onKey(event: KeyboardEvent): void {
    const arrows: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
    };
    const arrow = arrows[event.key];
    const isSpace = event.key === " ";
    if (event.key === "Delete" || event.key === "Backspace") this.clear();
    if (!arrow && !isSpace) return;
    event.preventDefault();
    this.#pen ??= { ...restingPen };
    const pen = this.#pen;
    if (isSpace) {
      pen.isDown = !pen.isDown;
      if (pen.isDown) this.#strokes.push([[pen.y, pen.x]]);
    } else if (arrow) {
      const reach = event.shiftKey ? 0.01 : 0.04;
      pen.y = Math.min(1, Math.max(0, pen.y + arrow[0] * reach));
      pen.x = Math.min(1, Math.max(0, pen.x + arrow[1] * reach));
      if (pen.isDown) this.#strokes.at(-1)?.push([pen.y, pen.x]);
    }
    this.#changed();
  }

  #changed(): void {
    this.#redraw();
    this.#onChange();
  }

  #pointUnder(event: PointerEvent): Point {
    const box = this.#canvas.getBoundingClientRect();
    return [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
  }

  #redraw(): void {
    const side = Math.max(1, Math.round(this.#canvas.clientWidth * devicePixelRatio));
    if (this.#canvas.width !== side) Object.assign(this.#canvas, { width: side, height: side });
    const context = drawStrokes(this.#canvas, this.#strokes);
    if (this.#pen) {
      context.beginPath();
      context.arc(this.#pen.x * side, this.#pen.y * side, penRadius * side, 0, 2 * Math.PI);
      context.lineWidth = 2;
      context.strokeStyle = this.#pen.isDown ? "#4fc3b0" : "#8f98a8";
      context.stroke();
    }
    drawStrokes(this.picture, this.#isCentered ? centerStrokes(this.#strokes) : this.#strokes);
  }
}

/** Draws white strokes on black, as large as the canvas. */
function drawStrokes(canvas: HTMLCanvasElement, strokes: readonly Stroke[]): CanvasRenderingContext2D {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const { width } = canvas;
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, width);
  Object.assign(context, { lineWidth: 2 * penRadius * width, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  for (const stroke of strokes) {
    context.beginPath();
    // Curves through the middles of the segments: pointers report few points when they move fast.
    stroke.forEach(([y, x], i) => {
      const [nextY, nextX] = stroke[i + 1] ?? [y, x + 1e-4];
      if (i === 0) context.moveTo(x * width, y * width);
      context.quadraticCurveTo(x * width, y * width, ((x + nextX) / 2) * width, ((y + nextY) / 2) * width);
      // A tap is a dot: a path of no length draws nothing.
      if (i === stroke.length - 1) context.lineTo(nextX * width, nextY * width);
    });
    context.stroke();
  }
  return context;
}

/** Scales strokes to MNIST's box and moves their centre of mass to the middle. Pure. */
export function centerStrokes(strokes: readonly Stroke[]): Stroke[] {
  const points = strokes.flat();
  if (points.length === 0) return [];
  const ys = points.map(([y]) => y);
  const xs = points.map(([, x]) => x);
  const extent = Math.max(Math.max(...ys) - Math.min(...ys), Math.max(...xs) - Math.min(...xs));
  // The pen is as wide afterwards as before; a dot stays a dot.
  const scale = extent > 0.02 ? Math.min(4, (digitShare - 2 * penRadius) / extent) : 1;
  let weight = 1e-9;
  let massY = 0;
  let massX = 0;
  for (const stroke of strokes)
    stroke.forEach(([y, x], i) => {
      const [nextY, nextX] = stroke[i + 1] ?? [y, x];
      const length = Math.hypot(nextY - y, nextX - x) + 1e-6;
      weight += length;
      massY += (length * (y + nextY)) / 2;
      massX += (length * (x + nextX)) / 2;
    });
  return strokes.map((stroke) => stroke.map(([y, x]): Point => [0.5 + (y - massY / weight) * scale, 0.5 + (x - massX / weight) * scale]));
}

// Simple shapes that move: where each is, how it moves, and how it comes back from the edges, in shares of the picture. The same for the same seed. Pure.
import { keyOf, uniformAt } from "../../engine/random.ts";

export type ShapeKind = "disc" | "square" | "triangle" | "ring" | "cross";

export interface Shape {
  readonly kind: ShapeKind;
  readonly color: string;
  readonly y: number;
  readonly x: number;
  /** Half its width. */
  readonly reach: number;
  /** In radians. */
  readonly angle: number;
  /** In shares of the picture a second; likewise `speedX`, and radians a second. */
  readonly speedY: number;
  readonly speedX: number;
  readonly turn: number;
}

const kinds: readonly ShapeKind[] = ["disc", "square", "triangle", "ring", "cross"];
const colors = ["#d1372e", "#2b5fb8", "#2f8f4e", "#e0a100", "#7b3fa0"] as const;

/** One of each kind. The first is the one that is steered. */
export function shapesOf(seed: number): readonly Shape[] {
  const key = keyOf("moving shapes", seed);
  return kinds.map((kind, i) => {
    const between = (n: number, low: number, high: number) => low + (high - low) * uniformAt(key, 8 * i + n);
    const [speed, direction] = [between(3, 0.12, 0.3), between(4, 0, 2 * Math.PI)];
    return {
      kind,
      color: colors[i % colors.length] as string,
      reach: between(0, 0.09, 0.16),
      y: between(1, 0.2, 0.8),
      x: between(2, 0.2, 0.8),
      angle: between(5, 0, 2 * Math.PI),
      speedY: speed * Math.sin(direction),
      speedX: speed * Math.cos(direction),
      turn: between(6, -1, 1),
    };
  });
}

/** Where arrow keys pull the first shape, from −1 to 1 each. */
export interface Pull {
  readonly down: number;
  readonly right: number;
}

/** Shares of the picture a second, each second. */
const pullOfKeys = 1.2;
const fastest = 0.6;

/** The shapes so many seconds later. They come back from the edges of the picture, and pass over each other. */
export function moveShapes(shapes: readonly Shape[], seconds: number, pull: Pull = { down: 0, right: 0 }): readonly Shape[] {
  return shapes.map((shape, i) => {
    const share = i === 0 ? pullOfKeys * seconds : 0;
    const [y, speedY] = bounce(shape.y, limited(shape.speedY + pull.down * share), shape.reach, seconds);
    const [x, speedX] = bounce(shape.x, limited(shape.speedX + pull.right * share), shape.reach, seconds);
    return { ...shape, y, x, speedY, speedX, angle: shape.angle + shape.turn * seconds };
  });
}

function limited(speed: number): number {
  return Math.max(-fastest, Math.min(fastest, speed));
}

function bounce(place: number, speed: number, reach: number, seconds: number): readonly [place: number, speed: number] {
  const next = place + speed * seconds;
  if (next < reach) return [Math.min(1 - reach, 2 * reach - next), Math.abs(speed)];
  if (next > 1 - reach) return [Math.max(reach, 2 * (1 - reach) - next), -Math.abs(speed)];
  return [next, speed];
}

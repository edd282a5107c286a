// A road to drive along: where the car is, how it moves, and what stands where, in metres. The same for the same seed. Pure.
import { keyOf, uniformAt } from "../../engine/random.ts";

export interface Car {
  /** Along the road. */
  readonly distance: number;
  /** From the middle of the road to the right. */
  readonly offset: number;
  /** To the right of the road's direction, in radians. */
  readonly heading: number;
  /** Metres a second. */
  readonly speed: number;
}

/** From −1 to 1 each. */
export interface Steering {
  readonly forward: number;
  readonly right: number;
}

export const parkedCar: Car = { distance: 0, offset: 1.75, heading: 0, speed: 0 };

export const roadWidth = 7;
const fastest = 30;
/** How far beside the road's middle a car gets: on the grass, before the trees. */
const farthest = 6;

/** The car so many seconds later. */
export function drive(car: Car, { forward, right }: Steering, seconds: number): Car {
  const rolling = Math.exp(-0.35 * seconds);
  const speed = Math.max(0, Math.min(fastest, (car.speed + forward * (forward < 0 ? 16 : 9) * seconds) * rolling));
  // Left alone, the car turns back into the direction of the road.
  const turned = (car.heading + right * 0.9 * seconds * Math.min(1, speed / 8)) * Math.exp(-(right === 0 ? 1.6 : 0.3) * seconds);
  const heading = Math.max(-0.5, Math.min(0.5, turned));
  const mean = (car.speed + speed) / 2;
  const offset = Math.max(-farthest, Math.min(farthest, car.offset + Math.sin(heading) * mean * seconds));
  return { distance: car.distance + Math.cos(heading) * mean * seconds, offset, heading, speed: speed < 0.05 && forward <= 0 ? 0 : speed };
}

/** How far to the right the road's middle lies after so many metres: gentle bends that depend on the seed. */
export function bendAt(distance: number, seed: number): number {
  const key = keyOf("bends", seed);
  return [170, 310, 530].reduce((sum, length, i) => {
    const phase = 2 * Math.PI * uniformAt(key, i);
    return sum + (length / 20) * (Math.sin((2 * Math.PI * distance) / length + phase) - Math.sin(phase));
  }, 0);
}

export interface Tree {
  readonly distance: number;
  readonly offset: number;
  readonly height: number;
  /** Between 0 and 1: which green it is. */
  readonly shade: number;
}

const treeSpacing = 9;

/** The trees between two distances, the farthest first. */
export function treesBetween(from: number, to: number, seed: number): readonly Tree[] {
  const key = keyOf("trees", seed);
  const trees: Tree[] = [];
  for (let i = Math.floor(to / treeSpacing); i * treeSpacing >= from; i--)
    for (const side of [-1, 1]) {
      const number = (n: number) => uniformAt(key, 8 * i + 2 * n + (side > 0 ? 1 : 0));
      const offset = side * (roadWidth / 2 + 4 + 14 * number(0) ** 2);
      trees.push({ distance: i * treeSpacing, offset, height: 4 + 6 * number(1), shade: number(2) });
    }
  return trees;
}

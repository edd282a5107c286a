// A road to drive along: where the car is, how it moves, what stands where, and the weather; in metres. The same for the same seed. Pure.
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

export const roadWidth = 7;
/** From the road's middle to the middle of the lane on the right. */
export const laneMiddle = 1.75;

export const parkedCar: Car = { distance: 0, offset: laneMiddle, heading: 0, speed: 0 };

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

/** What a driver does: steers from −1, left, to 1, and goes on with 0 to 1, which is a speed that the car comes to. */
export interface Controls {
  readonly steering: number;
  readonly throttle: number;
}

/** Metres a second of a whole throttle, and the curve of a whole steering, in 1 / metres. */
export const [topSpeed, sharpestTurn] = [25.7, 0.05] as const;

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

/** The car so many seconds later where nobody helps it: it goes straight on unless it is steered, and the road turns away under it. */
export function driveFreely(car: Car, { steering, throttle }: Controls, seconds: number, seed: number): Car {
  const wanted = topSpeed * clamp(throttle, 0, 1);
  const speed = wanted + (car.speed - wanted) * Math.exp(-0.35 * seconds);
  const way = ((car.speed + speed) / 2) * seconds;
  const turn = clamp(steering, -1, 1) * sharpestTurn - bendsOf(seed).curvatureAt(car.distance + way / 2);
  const heading = clamp(car.heading + turn * way, -0.5, 0.5);
  const middle = (car.heading + heading) / 2;
  return {
    distance: car.distance + Math.cos(middle) * way,
    offset: clamp(car.offset + Math.sin(middle) * way, -farthest, farthest),
    heading,
    speed,
  };
}

/** How far to the right the road's middle lies after so many metres: gentle bends that depend on the seed. */
export function bendAt(distance: number, seed: number): number {
  return bendsOf(seed).at(distance);
}

const bendLengths = [170, 310, 530];

/** The bends of a seed: where the road's middle lies, and how the road curves there, to the right, in 1 / metres. */
export function bendsOf(seed: number) {
  const key = keyOf("bends", seed);
  const waves = bendLengths.map((length, i) => ({
    size: length / 20,
    pace: (2 * Math.PI) / length,
    phase: 2 * Math.PI * uniformAt(key, i),
  }));
  return {
    at: (distance: number) =>
      waves.reduce((sum, { size, pace, phase }) => sum + size * (Math.sin(pace * distance + phase) - Math.sin(phase)), 0),
    curvatureAt: (distance: number) =>
      waves.reduce((sum, { size, pace, phase }) => sum - size * pace ** 2 * Math.sin(pace * distance + phase), 0),
  };
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

/** Another car on the road, or beside it. */
export interface OtherCar {
  /** Along the road. */
  readonly distance: number;
  /** From the road's middle to the right. */
  readonly offset: number;
  readonly comesTowards: boolean;
  /** Between 0 and 1: which colour it has. */
  readonly paint: number;
}

export interface Weather {
  /** What colours are multiplied by: 1 at noon. */
  readonly light: Color;
  /** How fast things fade with the distance, in 1 / metres. */
  readonly fog: number;
  /** How many drops there are, from 0 to 1. */
  readonly rain: number;
}

/** Red, green and blue. */
export type Color = readonly [number, number, number];

export const clearWeather: Weather = { light: [1, 1, 1], fog: 0, rain: 0 };

/** Noon, evening, fog or rain, by the seed; on half of the days it is clear. */
export function weatherOf(seed: number): Weather {
  const key = keyOf("weather", seed);
  const number = (n: number) => uniformAt(key, n);
  const brightness = 0.55 + 0.6 * number(1);
  const kind = number(0);
  if (kind < 0.5) return { ...clearWeather, light: [brightness, brightness, brightness] };
  const evening: Color = [brightness, 0.86 * brightness, 0.7 * brightness];
  if (kind < 0.65) return { ...clearWeather, light: evening };
  if (kind < 0.85) return { light: [brightness, brightness, brightness], fog: 0.004 + 0.016 * number(2), rain: 0 };
  return { light: [0.75 * brightness, 0.8 * brightness, 0.88 * brightness], fog: 0.004, rain: 0.3 + 0.7 * number(2) };
}

/** What is seen of the road, and from where. */
export interface RoadView {
  readonly car: Car;
  /** Of bends and trees. */
  readonly seed: number;
  readonly others?: readonly OtherCar[];
  readonly weather?: Weather;
}

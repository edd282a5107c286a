// A road with traffic that goes on in time, to drive in: by a good driver, a network or a hand. The same for the same seed and the same driving. Pure.
import { keyOf, uniformAt } from "../../engine/random.ts";
import {
  type Car,
  type Controls,
  driveFreely,
  laneMiddle,
  type OtherCar,
  parkedCar,
  type RoadView,
  roadWidth,
  type Weather,
  weatherOf,
} from "./scene.ts";

/** A car that somebody else drives. */
interface Driven extends OtherCar {
  readonly speed: number;
  /** Seconds until it leaves the lane, once one is close behind it. */
  readonly patience: number;
}

export interface World extends RoadView {
  readonly others: readonly Driven[];
  readonly weather: Weather;
  readonly seconds: number;
  /** How many cars there were, and where the car will be when the next one comes into sight. */
  readonly met: number;
  readonly nextAhead: number;
  readonly nextTowards: number;
}

/** Metres: where cars come into sight, and how far behind they are forgotten. */
const [sight, forgotten] = [160, 10] as const;
const carWidth = 1.7;

/** At the beginning of a drive: in the lane, at a walking pace, and in some weather. */
export function startWorld(seed: number, weather: Weather = weatherOf(seed)): World {
  const key = keyOf("start", seed);
  const distance = 2000 * uniformAt(key, 0);
  const car: Car = { ...parkedCar, distance, offset: laneMiddle + 0.8 * (uniformAt(key, 1) - 0.5), speed: 5 };
  return { car, seed, weather, others: [], seconds: 0, met: 0, nextAhead: distance + 40, nextTowards: distance };
}

/** The world so many seconds later, of which there should be few. */
export function goOn(world: World, controls: Controls, seconds: number): World {
  const car = driveFreely(world.car, controls, seconds, world.seed);
  const moved = world.others
    .map((other) => move(other, world.car, seconds))
    .filter(({ distance }) => distance > car.distance - forgotten && distance < car.distance + 2 * sight);
  return meet({ ...world, car, others: moved, seconds: world.seconds + seconds });
}

function move(other: Driven, car: Car, seconds: number): Driven {
  const { distance, offset, speed, patience, comesTowards } = other;
  if (comesTowards) return { ...other, distance: distance - speed * seconds };
  const left = distance - car.distance < 45 ? patience - seconds : patience;
  const leaves = left < 0;
  // It goes to the grass on the right, and stands there.
  const aside = leaves ? Math.min(roadWidth / 2 + 2.4, offset + 1.6 * seconds) : offset;
  const next = leaves && aside > roadWidth / 2 ? Math.max(0, speed - 5 * seconds) : speed;
  return { ...other, distance: distance + next * seconds, offset: aside, speed: next, patience: left };
}

/** Cars come into sight: in the lane one at a time, and towards one rather often. */
function meet(world: World): World {
  const { car, seed, others, met } = world;
  const number = (n: number) => uniformAt(keyOf("traffic", seed), 8 * met + n);
  const at = car.distance + sight;
  const isFree = others.every(({ comesTowards, offset }) => comesTowards || offset > roadWidth / 2);
  if (isFree && car.distance >= world.nextAhead) {
    const other = {
      distance: at,
      offset: laneMiddle,
      comesTowards: false,
      paint: number(0),
      speed: 8 + 6 * number(1),
      patience: 3 + 8 * number(2),
    };
    return { ...world, others: [...others, other], met: met + 1, nextAhead: car.distance + 150 + 250 * number(3) };
  }
  if (car.distance < world.nextTowards) return world;
  const other = { distance: at, offset: -laneMiddle, comesTowards: true, paint: number(0), speed: 12 + 5 * number(1), patience: 0 };
  return { ...world, others: [...others, other], met: met + 1, nextTowards: car.distance + 40 + 160 * number(3) };
}

/** Whether all wheels are between the lines of the right lane. */
export function isInLane({ offset }: Car): boolean {
  return Math.abs(offset - laneMiddle) <= laneMiddle - carWidth / 2;
}

/** Whether it touches another car. */
export function isHit({ car, others }: World): boolean {
  return others.some(({ distance, offset }) => Math.abs(distance - car.distance) < 3.5 && Math.abs(offset - car.offset) < carWidth);
}

export interface DriveReport {
  /** The share of time in the lane. */
  readonly inLane: number;
  /** Metres. */
  readonly way: number;
  /** How often it came to touch another car. */
  readonly hits: number;
}

/** Seconds between two looks at the road. */
const pause = 0.1;

/**
 * Drives several roads at once, for so many seconds each.
 *
 * @param controlsOf what is done in each of the worlds
 */
export async function driveWorlds(
  seeds: readonly number[],
  seconds: number,
  controlsOf: (worlds: readonly World[]) => readonly Controls[] | Promise<readonly Controls[]>,
  onProgress?: (done: number, total: number) => unknown,
): Promise<DriveReport> {
  let worlds = seeds.map((seed) => startWorld(seed));
  const begun = worlds.map(({ car }) => car.distance);
  const steps = Math.round(seconds / pause);
  let [inLane, hits] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const controls = await controlsOf(worlds);
    const next = worlds.map((world, i) => goOn(world, controls[i] as Controls, pause));
    inLane += next.filter(({ car }) => isInLane(car)).length;
    hits += next.filter((world, i) => isHit(world) && !isHit(worlds[i] as World)).length;
    worlds = next;
    await onProgress?.(step + 1, steps);
  }
  const way = worlds.reduce((sum, { car }, i) => sum + car.distance - (begun[i] as number), 0);
  return { inLane: inLane / (steps * seeds.length), way, hits };
}

// Pictures of the road with a good driver's answers, and drives along it in time.
import { describe, expect, test } from "vitest";
import { goodControls, roomAhead } from "../../src/data-sets/road/driver.ts";
import { roadPicture } from "../../src/data-sets/road/picture.ts";
import { RoadSet, viewOf } from "../../src/data-sets/road/road-set.ts";
import {
  bendsOf,
  type Car,
  driveFreely,
  laneMiddle,
  parkedCar,
  type RoadView,
  topSpeed,
  weatherOf,
} from "../../src/data-sets/road/scene.ts";
import { driveWorlds, goOn, isHit, isInLane, startWorld, type World } from "../../src/data-sets/road/world.ts";

const preparation = { mean: [0], std: [1] };
const drawn = (set: RoadSet, index: number) => {
  const pixels = new Uint8Array(3 * set.picture.height ** 2);
  set.draw(index, pixels);
  return pixels;
};

describe("pictures of the road", () => {
  test("are the same for the same seed and number, and others for others", () => {
    const first = drawn(new RoadSet(32, 5, preparation), 7);
    const again = new RoadSet(32, 5, preparation);
    drawn(again, 1);
    expect(drawn(again, 7)).toEqual(first);
    expect(drawn(again, 8)).not.toEqual(first);
    expect(drawn(new RoadSet(32, 6, preparation), 7)).not.toEqual(first);
  });

  test("show the same at every size", () => {
    const [small, large] = [16, 64].map((side) => drawn(new RoadSet(side, 2, preparation), 3)) as [Uint8Array, Uint8Array];
    let distance = 0;
    for (let channel = 0; channel < 3; channel++)
      for (let at = 0; at < 256; at++) {
        const [y, x] = [Math.floor(at / 16), at % 16];
        let sum = 0;
        for (let i = 0; i < 16; i++) sum += large[channel * 4096 + (4 * y + (i >> 2)) * 64 + 4 * x + (i & 3)] as number;
        distance += Math.abs(sum / 16 - (small[channel * 256 + at] as number));
      }
    expect(distance / small.length).toBeLessThan(8);
  });

  test("are prepared as a model takes them, with what is right for each", () => {
    const set = new RoadSet(16, 1, { mean: [0.5], std: [0.5] });
    const { inputs, targets } = set.examples([0, 1, 2]);
    expect(inputs.length).toBe(3 * 3 * 256);
    expect([Math.min(...inputs) >= -1, Math.max(...inputs) <= 1]).toEqual([true, true]);
    expect([targets.steering.length, targets.throttle.length]).toEqual([3, 3]);
    expect(targets.steering[1]).toBeCloseTo(goodControls(viewOf(1, 1)).steering, 6);
  });

  test("cover the whole picture, in every weather", () => {
    const weathers = Array.from({ length: 40 }, (_, seed) => weatherOf(seed));
    expect(new Set(weathers.map(({ fog, rain }) => `${fog > 0} ${rain > 0}`)).size).toBe(3);
    for (const weather of weathers) {
      const polygons = roadPicture({ car: parkedCar, seed: 1, weather });
      const ground = polygons.filter(({ points }) => points.length === 8 && points[0] === 0 && points[2] === 1);
      const rows = ground.flatMap(({ points }) => [points[1] as number, points[5] as number]);
      expect([Math.min(...rows) <= 0, Math.max(...rows) >= 1]).toEqual([true, true]);
      for (const { color } of polygons) for (const part of color) expect(part >= 0 && part <= 255).toBe(true);
    }
  });
});

const straight = { car: parkedCar, seed: 1 };
const at = (change: Partial<Car>, others: RoadView["others"] = []): RoadView => ({ ...straight, car: { ...parkedCar, ...change }, others });

describe("a good driver", () => {
  test("comes back to the lane from either side, and turns with the road", () => {
    const steering = (change: Partial<Car>) => goodControls(at(change)).steering;
    const here = steering({});
    expect(steering({ offset: laneMiddle + 1 })).toBeLessThan(here - 0.1);
    expect(steering({ offset: laneMiddle - 1 })).toBeGreaterThan(here + 0.1);
    expect(steering({ heading: 0.1 })).toBeLessThan(here - 0.1);
    expect(steering({ heading: -0.1 })).toBeGreaterThan(here + 0.1);
    const bends = bendsOf(1);
    const places = Array.from({ length: 200 }, (_, i) => 10 * i);
    const most = places.toSorted((a, b) => bends.curvatureAt(a + 6) - bends.curvatureAt(b + 6));
    expect(steering({ distance: most[0] as number })).toBeLessThan(-0.2);
    expect(steering({ distance: most.at(-1) as number })).toBeGreaterThan(0.2);
  });

  test("is slower in bends, behind another car and beside the lane, and not because of one that comes towards", () => {
    const bends = bendsOf(1);
    const places = Array.from({ length: 400 }, (_, i) => 5 * i);
    const sharpness = (distance: number) => Math.max(...[5, 10, 20, 30, 40].map((ahead) => Math.abs(bends.curvatureAt(distance + ahead))));
    const sorted = places.toSorted((a, b) => sharpness(a) - sharpness(b));
    const [calm, sharp] = [sorted[0] as number, sorted.at(-1) as number];
    const throttle = (change: Partial<Car>, others?: RoadView["others"]) => goodControls(at(change, others)).throttle;
    expect(throttle({ distance: sharp })).toBeLessThan(0.75 * throttle({ distance: calm }));
    expect(throttle({ distance: calm, offset: laneMiddle + 3 })).toBeLessThan(0.8 * throttle({ distance: calm }));
    const car = (ahead: number, comesTowards: boolean) => ({
      distance: calm + ahead,
      offset: comesTowards ? -laneMiddle : laneMiddle,
      comesTowards,
      paint: 0,
    });
    const behind = [8, 15, 30, 80].map((ahead) => throttle({ distance: calm }, [car(ahead, false)]));
    expect(behind).toEqual(behind.toSorted((a, b) => a - b));
    expect([behind[0], behind[3]]).toEqual([0, throttle({ distance: calm })]);
    expect(throttle({ distance: calm }, [car(10, true)])).toBe(throttle({ distance: calm }));
    expect(roomAhead(at({}, [car(-20, false)]))).toBe(200);
  });

  test("answers within what a car does, from wherever it is shown", () => {
    for (let index = 0; index < 500; index++) {
      const { steering, throttle } = goodControls(viewOf(index, 3));
      expect(Math.abs(steering) <= 1 && throttle >= 0 && throttle <= 1, `view ${index}`).toBe(true);
    }
  });
});

const seeds = [1, 2, 3, 4, 5, 6];

describe("a drive", () => {
  test("of a good driver keeps the lane for a minute, in traffic, and hits nobody", async () => {
    let most = 0;
    const report = await driveWorlds(seeds, 60, (worlds) => {
      most = Math.max(most, ...worlds.map(({ others }) => others.length));
      return worlds.map(goodControls);
    });
    expect(report.inLane).toBeGreaterThan(0.99);
    expect(report.hits).toBe(0);
    expect(report.way / seeds.length).toBeGreaterThan(600);
    expect(most).toBeGreaterThan(1);
  });

  test("of nobody ends beside the lane, and one that always goes on hits the car before", async () => {
    const nobody = await driveWorlds(seeds, 60, (worlds) => worlds.map(() => ({ steering: 0, throttle: 0.5 })));
    expect(nobody.inLane).toBeLessThan(0.3);
    const hasty = await driveWorlds(seeds, 60, (worlds) => worlds.map((world) => ({ ...goodControls(world), throttle: 1 })));
    expect(hasty.hits).toBeGreaterThan(0);
  });

  test("comes back from beside the road", () => {
    let world: World = startWorld(4);
    world = { ...world, car: { ...world.car, offset: laneMiddle + 3, heading: 0.2 } };
    for (let i = 0; i < 80; i++) world = goOn(world, goodControls(world), 0.1);
    expect(isInLane(world.car)).toBe(true);
    expect(isHit(world)).toBe(false);
  });

  test("is the same for the same seed", () => {
    const end = () => {
      let world = startWorld(9);
      for (let i = 0; i < 300; i++) world = goOn(world, goodControls(world), 0.1);
      return world;
    };
    expect(end()).toEqual(end());
  });

  test("goes straight on where nobody steers, and comes to the speed of the throttle", () => {
    let car: Car = { ...parkedCar, speed: 0 };
    for (let i = 0; i < 300; i++) car = driveFreely(car, { steering: 0, throttle: 0.5 }, 0.1, 1);
    expect(car.speed).toBeCloseTo(0.5 * topSpeed, 2);
    const turned = driveFreely({ ...parkedCar, speed: 10 }, { steering: 1, throttle: 0.4 }, 0.1, 1);
    expect(turned.heading).toBeGreaterThan(0.02);
  });
});

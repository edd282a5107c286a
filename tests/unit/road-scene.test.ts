// The road scene: it stands still until somebody drives, stays beside its road, and is the same for the same seed.
import { describe, expect, it } from "vitest";
import { bendAt, type Car, drive, parkedCar, roadWidth, treesBetween } from "../../src/data-sets/road/scene.ts";

const still = { forward: 0, right: 0 };

function driveFor(seconds: number, steering: Parameters<typeof drive>[1], car: Car = parkedCar): Car {
  let moved = car;
  for (let i = 0; i < seconds * 50; i++) moved = drive(moved, steering, 0.02);
  return moved;
}

describe("drive", () => {
  it("leaves a parked car where it is, whatever is steered", () => {
    expect(driveFor(5, still)).toEqual(parkedCar);
    expect(driveFor(5, { forward: 0, right: 1 }).offset).toBe(parkedCar.offset);
    expect(driveFor(5, { forward: -1, right: 0 })).toEqual(parkedCar);
  });

  it("goes forward, rolls out, and brakes sooner than it rolls", () => {
    const moving = driveFor(4, { forward: 1, right: 0 });
    expect(moving.distance).toBeGreaterThan(20);
    expect(moving.offset).toBeCloseTo(parkedCar.offset, 10);
    const rolled = driveFor(30, still, moving);
    const braked = driveFor(30, { forward: -1, right: 0 }, moving);
    expect([rolled.speed, braked.speed]).toEqual([0, 0]);
    expect(braked.distance).toBeLessThan(rolled.distance);
  });

  it("steers to both sides, no farther than before the trees", () => {
    const right = driveFor(20, { forward: 1, right: 1 });
    const left = driveFor(20, { forward: 1, right: -1 });
    expect(right.offset).toBeGreaterThan(roadWidth / 2);
    expect(left.offset).toBeLessThan(-roadWidth / 2);
    const nearest = Math.min(...treesBetween(0, 1e4, 1).map(({ offset }) => Math.abs(offset)));
    expect(Math.max(right.offset, -left.offset)).toBeLessThan(nearest);
    expect(Math.abs(driveFor(5, still, driveFor(3, { forward: 1, right: 1 })).heading)).toBeLessThan(0.01);
  });
});

describe("what stands where", () => {
  it("is the same for the same seed, another for another, and begins straight ahead", () => {
    expect(treesBetween(0, 100, 3)).toEqual(treesBetween(0, 100, 3));
    expect(treesBetween(0, 100, 3)).not.toEqual(treesBetween(0, 100, 4));
    expect(treesBetween(50, 100, 3).every((tree) => treesBetween(0, 200, 3).some(({ offset }) => offset === tree.offset))).toBe(true);
    expect(bendAt(0, 3)).toBe(0);
    expect(bendAt(100, 3)).not.toBe(bendAt(100, 4));
  });

  it("has the farthest trees first, so that the near ones cover them", () => {
    const distances = treesBetween(10, 300, 1).map(({ distance }) => distance);
    expect(distances).toEqual(distances.toSorted((a, b) => b - a));
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(10);
  });
});

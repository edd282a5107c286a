// What is done to pictures before they are learned from: what it says, within bytes, and the same for the same seed.
import { describe, expect, test } from "vitest";
import { applyChanges, changedExamples, changesOf, changesOfSeen, checkHarmless, parseAugmentation } from "../../src/data-sets/augment.ts";
import { BytesSet } from "../../src/data-sets/data-set.ts";

const picture = { channels: 2, height: 8, width: 8 };
/** Brighter to the right in the first channel, and downwards in the second. */
const slope = () => Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? 30 * (i % 8) : 30 * Math.floor((i - 64) / 8)));
const changed = (augmentation: Parameters<typeof changesOf>[0], key = 1) => {
  const pixels = slope();
  applyChanges(pixels, picture, changesOf(augmentation, picture, key));
  return pixels;
};
const keys = Array.from({ length: 50 }, (_, i) => 1000 + 77 * i);

describe("a picture that is changed", () => {
  test("is as it was where nothing is named", () => expect(changed({})).toEqual(slope()));

  test("is the same for the same key, and another for another", () => {
    const all = parseAugmentation("shift,turn,scale,crop,flip,brightness,noise,cut-out");
    expect(changed(all, 5)).toEqual(changed(all, 5));
    expect(changed(all, 6)).not.toEqual(changed(all, 5));
  });

  test("has left and right in each other's place", () => {
    const flipped = changed({ flip: 1 });
    expect([...flipped.subarray(0, 8)]).toEqual([210, 180, 150, 120, 90, 60, 30, 0]);
    expect(flipped.subarray(64)).toEqual(slope().subarray(64));
    const shares = keys.map((key) => changed({ flip: 0.5 }, key)[0] === 210);
    expect(shares.filter(Boolean).length).toBeGreaterThan(12);
    expect(shares.filter(Boolean).length).toBeLessThan(38);
  });

  test("is shifted by as much as was allowed, and as its edge where nothing was", () => {
    const ways = keys.map((key) => (changed({ shift: 0.25 }, key)[3] as number) - 90);
    expect(Math.max(...ways.map(Math.abs))).toBeLessThanOrEqual(60);
    expect(Math.max(...ways)).toBeGreaterThan(20);
    expect(Math.min(...ways)).toBeLessThan(-20);
  });

  test("shows a part of itself after a cut, and never anything from beyond", () => {
    for (const key of keys) {
      const row = [...changed({ crop: 0.5 }, key).subarray(0, 8)];
      expect(row).toEqual(row.toSorted((a, b) => a - b));
      expect((row[7] as number) - (row[0] as number)).toBeGreaterThanOrEqual(85);
      expect((row[7] as number) - (row[6] as number), "no edge is repeated").toBeGreaterThan(0);
    }
  });

  test("is brighter or darker all over", () => {
    const lights = keys.map((key) => (changed({ brightness: 0.5 }, key)[4] as number) / 120);
    expect(Math.min(...lights)).toBeLessThan(0.8);
    expect(Math.max(...lights)).toBeGreaterThan(1.2);
    expect(lights.every((light) => light >= 0.49 && light <= 1.51)).toBe(true);
  });

  test("has noise of the deviation that was asked for", () => {
    const differences = keys.flatMap((key) => [...changed({ noise: 0.02 }, key)].map((one, i) => one - (slope()[i] as number)));
    const inside = differences.filter((_, i) => (slope()[i % 128] as number) > 30 && (slope()[i % 128] as number) < 200);
    const deviation = Math.sqrt(inside.reduce((sum, one) => sum + one ** 2, 0) / inside.length);
    expect(deviation).toBeCloseTo(0.02 * 255, 0);
  });

  test("loses a square of at most that side", () => {
    for (const key of keys) {
      const gray = [...changed({ cutOut: 0.5 }, key).subarray(0, 64)].filter((one) => one === 128).length;
      expect(gray).toBeGreaterThan(0);
      expect(gray).toBeLessThanOrEqual(16);
    }
  });

  test("is turned, and its middle stays", () => {
    const turned = changed({ turn: 90 }, 3);
    const mean = (from: Float32Array) => from.subarray(0, 64).reduce((a, b) => a + b, 0) / 64;
    expect(Math.abs(mean(turned) - mean(slope()))).toBeLessThan(12);
    expect(turned).not.toEqual(slope());
  });
});

describe("what is asked for", () => {
  test("are names, with numbers where they shall be others", () =>
    expect(parseAugmentation("shift, turn:15,cut-out:0.2")).toEqual({ shift: 0.08, turn: 15, cutOut: 0.2 }));

  test.each([
    ["sharpen", "'sharpen': expected names such as shift"],
    ["shift:2", "shift '2': expected a number from 0 to 0.9"],
    ["turn:", "turn ''"],
    ["flip:often", "flip 'often'"],
    ["", "'': expected names"],
  ])("%s is refused", (text, message) => expect(() => parseAugmentation(text)).toThrow(message));
});

test("each time that an example is seen it is another, and all are the same for the same seed", () => {
  const set = new BytesSet(Uint8Array.from([...slope(), ...slope()]), Uint8Array.of(0, 1), {
    picture,
    classes: ["a", "b"],
    preparation: { mean: [0], std: [1] },
  });
  const run = (seed: number) => {
    const examples = changedExamples(set, changesOfSeen({ shift: 0.3 }, picture, seed));
    return [examples([0, 1]), examples([0])];
  };
  const [first, second] = run(1);
  expect(first?.targets).toEqual(Int32Array.of(0, 1));
  expect(second?.inputs).not.toEqual(first?.inputs.subarray(0, 128));
  expect(run(1)).toEqual([first, second]);
  expect(run(2)[0]?.inputs).not.toEqual(first?.inputs);
  expect(set.examples([0]).inputs[7]).toBeCloseTo(210 / 255, 5);
});

test("what moves things in a picture is refused where its answer moves with them", () => {
  expect(() => checkHarmless(parseAugmentation("brightness,noise,cut-out"), "the road")).not.toThrow();
  expect(() => checkHarmless(parseAugmentation("noise,flip"), "a list of numbers")).toThrow(
    "--augment flip would make the answers wrong for a list of numbers. Choose among brightness, noise and cut-out.",
  );
});

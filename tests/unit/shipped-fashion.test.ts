// The pictures that are stored in models/data: whole, balanced, with their licence, and as small as a page can fetch.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeIdx } from "../../src/data-sets/idx.ts";
import { fashionClasses, readShippedFashion } from "../../src/data-sets/shipped-fashion.ts";
import { readData } from "../support/data.ts";

const folder = new URL("../../models/data/", import.meta.url);
const file = new Uint8Array(readFileSync(new URL("fashion-mnist.bin", folder)));

describe("the part of Fashion-MNIST", () => {
  test("has as many pictures of each class, in less than a megabyte, and its licence beside it", async () => {
    expect(file.length).toBeLessThan(1e6);
    const { train, test: held } = await readShippedFashion(file);
    expect([train.length, held.length]).toEqual([3000, 500]);
    expect(train.classes).toEqual(fashionClasses);
    expect(train.classSizes).toEqual(fashionClasses.map(() => 300));
    expect(held.classSizes).toEqual(fashionClasses.map(() => 50));
    expect(train.picture).toEqual({ channels: 1, height: 28, width: 28 });
    const { inputs } = train.examples([0, 1, 2999]);
    expect(inputs.length).toBe(3 * 784);
    expect([Math.min(...inputs), Math.max(...inputs)].map((value) => Number(value.toFixed(2)))).toEqual([0, 1]);
    expect(readFileSync(new URL("fashion-mnist.LICENSE", folder), "utf8")).toMatch(/The MIT License \(MIT\) Copyright © 2017 Zalando SE/);
  });

  test("is read where a server has unpacked it on the way", async () => {
    const { train } = await readShippedFashion(new Uint8Array(gunzipSync(file)));
    const packed = (await readShippedFashion(file)).train;
    expect(train.examples([7, 1234])).toEqual(packed.examples([7, 1234]));
  });

  test("is prepared as one asks for", async () => {
    const [plain, prepared] = await Promise.all([readShippedFashion(file), readShippedFashion(file, { mean: [0.5], std: [0.25] })]);
    const [before, after] = [plain.test.examples([3]).inputs, prepared.test.examples([3]).inputs];
    expect(after[400]).toBeCloseTo(((before[400] as number) - 0.5) / 0.25, 5);
  });

  test.each([
    ["what ends early", file.slice(0, 5000), "damaged"],
    ["another file", new Uint8Array([80, 75, 3, 4, 0]), "no idx file"],
    ["too few arrays", new Uint8Array([0, 0, 8, 1, 0, 0, 0, 1, 5]), "expected four arrays"],
  ])("%s is refused", async (_, bytes, message) => {
    await expect(readShippedFashion(bytes)).rejects.toThrow(message);
  });
});

const labels = readData("fashion-mnist/t10k-labels-idx1-ubyte.gz");
const images = readData("fashion-mnist/t10k-images-idx3-ubyte.gz");

test.runIf(labels && images)("its pictures are the first of each class of the data's own, to a level of gray in 32", async () => {
  const all = { labels: decodeIdx(gunzipSync(labels as Uint8Array)), images: decodeIdx(gunzipSync(images as Uint8Array)) };
  const { test: held } = await readShippedFashion(file);
  const seen = fashionClasses.map(() => 0);
  const chosen = [...all.labels.data].flatMap((label, i) => {
    seen[label] = (seen[label] ?? 0) + 1;
    return (seen[label] ?? 0) <= 50 ? [i] : [];
  });
  for (const at of [0, 250, 499]) {
    const { inputs, targets } = held.examples([at]);
    const index = chosen[at] as number;
    expect(targets[0]).toBe(all.labels.data[index]);
    inputs.forEach((value, pixel) => {
      expect(Math.abs(255 * value - (all.images.data[index * 784 + pixel] as number))).toBeLessThan(4.2);
    });
  }
});

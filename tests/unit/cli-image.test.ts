// Pictures of a file as a network wants them, in the command.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readImage, writePng } from "../../src/cli/image.ts";
import type { DataType } from "../../src/engine/tensor.ts";

const folder = mkdtempSync(join(tmpdir(), "convcam-image-"));
const file = join(folder, "picture.png");
afterAll(() => rmSync(folder, { recursive: true }));

/** 24 × 24: the left half is red, the right half is a dark blue. */
beforeAll(async () => {
  const pixels = Array.from({ length: 24 * 24 }, (_, i) => (i % 24 < 12 ? [255, 0, 0, 255] : [0, 0, 100, 255]));
  await writePng(file, Uint8Array.from(pixels.flat()), 24, 24);
});

const read = async (dtype: DataType, shape: number[], preparation = {}) =>
  (await readImage(file, { name: "x", dtype, shape }, preparation)).toNumbers();

describe("readImage", () => {
  test("gives floats of 0…1, and whole numbers of 0…255 where the input holds those", async () => {
    const floats = await read("float32", [1, 24, 24, 3]);
    expect(floats.slice(0, 3)).toEqual([1, 0, 0]);
    expect(floats.at(-1)).toBeCloseTo(100 / 255);
    const bytes = await readImage(file, { name: "x", dtype: "uint8", shape: [1, 24, 24, 3] }, {});
    expect(bytes.dtype).toBe("uint8");
    expect([...bytes.toNumbers().slice(0, 3), bytes.toNumbers().at(-1)]).toEqual([255, 0, 0, 100]);
    expect((await read("int8", [1, 3, 24, 24]))[0]).toBe(127);
    expect((await read("uint8", [1, 3, 24, 24], { scale: 2 }))[0]).toBe(255);
  });

  test("takes inputs without batch, of a batch, with opacity, and flat ones", async () => {
    const planes = await read("float32", [1, 3, 24, 24]);
    expect(await read("float16", [1, 3, 24, 24])).toEqual(planes);
    expect(await read("float32", [3, 24, 24])).toEqual(planes);
    expect(await read("float32", [2, 3, 24, 24])).toEqual([...planes, ...planes]);
    expect(await read("float32", [1, 4, 24, 24])).toEqual([...planes, ...new Array<number>(576).fill(1)]);
    expect(await read("float32", [1, 1728])).toEqual(planes);
    expect(await read("float32", [1, 576])).toEqual(await read("float32", [1, 1, 24, 24]));
  });

  test.each([
    ["area", [85, 85, 255, 255]],
    ["bilinear", [64, 64, 255, 255]],
  ] as const)("resizes by %s", async (resize, expected) => {
    const stripes = join(folder, "stripes.png");
    // Six columns, of which the second and the last three are white, make four elements of 1.5.
    const row = [0, 255, 0, 255, 255, 255].flatMap((level) => [level, level, level, 255]);
    await writePng(stripes, Uint8Array.from([...row, ...row, ...row, ...row]), 6, 4);
    const tensor = await readImage(stripes, { name: "x", dtype: "uint8", shape: [1, 1, 4, 4] }, { fit: "stretch", resize });
    expect(tensor.toNumbers().slice(0, 4)).toEqual(expected);
  });

  test("says that there is no such file", async () => {
    await expect(readImage("no-such.png", { name: "x", dtype: "float32", shape: [1, 1, 24, 24] }, {})).rejects.toThrow(
      "picture 'no-such.png': there is no such file.",
    );
  });

  test.each(["png", "jpeg", "webp", "gif", "avif"] as const)("says that a .%s is damaged or cut off", async (format) => {
    const cut = join(folder, `cut.${format}`);
    const bytes = await sharp(file).resize(64).toFormat(format).toBuffer();
    for (const share of [0.5, 0.9]) {
      writeFileSync(cut, bytes.subarray(0, Math.round(share * bytes.length)));
      const reading = readImage(cut, { name: "x", dtype: "float32", shape: [1, 1, 24, 24] }, {});
      await expect(reading).rejects.toThrow(`picture '${cut}': the file is damaged or cut off.`);
    }
  });

  test("says that a picture is too large", async () => {
    const large = join(folder, "large.svg");
    writeFileSync(large, '<svg xmlns="http://www.w3.org/2000/svg" width="20000" height="20000"/>');
    await expect(readImage(large, { name: "x", dtype: "float32", shape: [1, 1, 24, 24] }, {})).rejects.toThrow(
      "it has more than the 268 million pixels that are read",
    );
  });

  test("says what takes no picture, and what numbers make no sense", async () => {
    await expect(read("float32", [1, 5, 24, 24])).rejects.toThrow(
      "input 'x': float32 [1, 5, 24, 24] takes no picture, as it has no rows and columns of 1, 3 or 4 channels. Give --input-npy x=FILE instead.",
    );
    await expect(read("float32", [1, 1, 24, 24], { mean: [1, 2, 3, 4, 5] })).rejects.toThrow(
      "--mean: 5 numbers, but the input has 1 channel.",
    );
  });
});

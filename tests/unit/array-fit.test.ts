// Which input takes an array from a file, and in which order its axes are read.
import { expect, test } from "vitest";
import { encodeNpy } from "../../src/engine/npy.ts";
import { Tensor } from "../../src/engine/tensor.ts";
import { type ArrayTaker, fitArray } from "../../src/ui/arrays/fit.ts";
import { openArray } from "../../src/ui/arrays/open.ts";

const counted = (...shape: number[]) =>
  Tensor.float32(
    shape,
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  );
const taker = (shape: number[], more: Partial<ArrayTaker> = {}): ArrayTaker => ({ name: "x", dtype: "float32", shape, ...more });

test.each([
  ["the same shape", [1, 3, 4, 5], [1, 3, 4, 5]],
  ["no batch", [3, 4, 5], [1, 3, 4, 5]],
  ["rows and columns", [4, 5], [1, 1, 4, 5]],
  ["rows and columns, channels last", [4, 5], [1, 4, 5, 1]],
  ["a batch of one more", [1, 4, 5], [4, 5]],
  ["a vector", [20], [1, 20]],
])("%s is taken as it lies", (_, from, to) => {
  const { tensor } = fitArray(counted(...from), [taker(to)]);
  expect(tensor.shape).toEqual(to);
  expect([...tensor.toNumbers()]).toEqual([...counted(...from).toNumbers()]);
});

/** By plain loops: an array with channels last of an array with channels first. */
function channelsLast(first: Tensor, [n, c, h, w]: readonly [number, number, number, number]): number[] {
  const from = first.toNumbers();
  const result: number[] = [];
  for (let i = 0; i < n; i++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) for (let k = 0; k < c; k++) result.push(from[((i * c + k) * h + y) * w + x] as number);
  return result;
}

test.each([
  [1, "a picture"],
  [2, "a batch of two"],
])("channels change places, of %i: %s", (n) => {
  const first = counted(n, 3, 4, 5);
  const last = Tensor.float32([n, 4, 5, 3], Float32Array.from(channelsLast(first, [n, 3, 4, 5])));
  expect([...fitArray(last, [taker([n, 3, 4, 5])]).tensor.toNumbers()]).toEqual([...first.toNumbers()]);
  expect([...fitArray(first, [taker([n, 4, 5, 3])]).tensor.toNumbers()]).toEqual([...last.toNumbers()]);
});

test("of several inputs the one that the file is named for takes the array, else the first that it fits", () => {
  const inputs = [taker([1, 3, 4, 4], { name: "image" }), taker([1, 3, 4, 4], { name: "state:0" }), taker([7], { name: "speed" })];
  expect(fitArray(counted(3, 4, 4), inputs, "frame.npy").input.name).toBe("image");
  expect(fitArray(counted(3, 4, 4), inputs, "state_0.npy").input.name).toBe("state:0");
  expect(fitArray(counted(7), inputs, "frame.npy").input.name).toBe("speed");
  expect(() => fitArray(counted(8), inputs, "speed.npy")).toThrow("The array is [8] of float32, and input 'speed' takes [7].");
});

test("what does not fit is refused with the shapes that do", () => {
  expect(() => fitArray(counted(8, 8), [taker([1, 3, 4, 5])])).toThrow(
    "The array is [8, 8] of float32, and input 'x' takes [1, 3, 4, 5], [3, 4, 5] or [4, 5, 3].",
  );
  expect(() => fitArray(counted(8, 8), [taker([1, 4, 5, 3])])).toThrow("takes [1, 4, 5, 3], [4, 5, 3] or [3, 4, 5].");
  expect(() => fitArray(counted(8, 8), [taker([1, 1, 4, 5])])).toThrow("takes [1, 1, 4, 5] or [4, 5].");
  expect(() => fitArray(counted(8), [taker([4]), taker([5], { name: "y" })])).toThrow("input 'x' takes [4]; input 'y' takes [5].");
  expect(() => fitArray(counted(8), [])).toThrow("this network has no inputs");
});

test("numbers stay as they are, or are refused", () => {
  const bytes = Tensor.from("uint8", [3], [0, 128, 255]);
  expect([...fitArray(bytes, [taker([3])]).tensor.toNumbers()]).toEqual([0, 128, 255]);
  expect(fitArray(bytes, [taker([3], { dtype: "int64" })]).tensor.dtype).toBe("int64");
  expect(() => fitArray(bytes, [taker([3], { dtype: "int8" })])).toThrow(
    "The array is of uint8 and holds 128, and input 'x' takes int8: whole numbers from -128 to 127.",
  );
  const halves = Tensor.float32([2], Float32Array.of(1, 0.5));
  expect(() => fitArray(halves, [taker([2], { dtype: "uint8" })])).toThrow("holds 0.5, and input 'x' takes uint8");
});

test("a file of an array is told by its bytes, and what is none says what can be opened", async () => {
  const bytes = encodeNpy(Tensor.from("int16", [2, 2], [1, 2, 3, 4]));
  const { dtype, shape, name } = await openArray(new File([new Uint8Array(bytes)], "four.bin"));
  expect({ dtype, shape, name }).toEqual({ dtype: "int16", shape: [2, 2], name: "four.bin" });
  await expect(openArray(new Blob(["hello"], { type: "text/plain" }))).rejects.toThrow(
    "This file is no picture the browser can decode (text/plain). Try PNG, JPEG, WebP, an MP4 video or a NumPy array (.npy).",
  );
  await expect(openArray(new File(["hello"], "a.npy"))).rejects.toThrow("a.npy: this is no .npy file");
});

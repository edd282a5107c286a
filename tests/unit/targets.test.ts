// What is right for each example, as a step of training takes it: numbers of classes, of whatever type, are looked at where they lie.
import { afterEach, expect, test, vi } from "vitest";
import { type DataType, Tensor } from "../../src/engine/tensor.ts";
import { asTensor, type Targets } from "../../src/engine/training-batch.ts";

const labels = [0, 2, 1, 2, 0, 1];
const type = { dtype: "int32", shape: [2, 3] } as const;
const of = (dtype: DataType, values: readonly number[] = labels) => Tensor.from(dtype, [2, 3], values);

afterEach(() => void vi.restoreAllMocks());

test.each<[what: string, right: Targets, wrong: Targets, told: string]>([
  ["int32", of("int32"), of("int32", [0, 1, 2, 3, 0, 0]), "3 is no class"],
  ["int64", of("int64"), of("int64", [0, 1, 2, -1, 0, 0]), "-1 is no class"],
  ["uint8", of("uint8"), of("uint8", [0, 1, 2, 255, 0, 0]), "255 is no class"],
  ["float16", of("float16"), of("float16", [0, 1, 2, 0.5, 0, 0]), "0.5 is no class"],
  ["bfloat16", of("bfloat16"), of("bfloat16", [0, 1, 2, 4, 0, 0]), "4 is no class"],
  ["float64", of("float64"), of("float64", [0, 1, 2, 1 - 1e-12, 0, 0]), "0.999999999999 is no class"],
  ["an Int32Array", Int32Array.from(labels), Int32Array.of(0, 1, 2, 7, 0, 0), "7 is no class"],
  ["a Float32Array", Float32Array.from(labels), Float32Array.of(0, 1, 2, Number.NaN, 0, 0), "NaN is no class"],
])("classes of %s are checked without a list of them", (_, right, wrong, told) => {
  const [toNumbers, from] = [vi.spyOn(Tensor.prototype, "toNumbers"), vi.spyOn(Array, "from")];
  const taken = asTensor("targets", right, type, 3);
  expect(() => asTensor("targets", wrong, type, 3)).toThrow(`targets: ${told}; expected 0 to 2.`);
  expect([...toNumbers.mock.calls, ...from.mock.calls]).toEqual([]);
  expect(taken.dtype).toBe("int32");
  expect([...taken.data]).toEqual(labels);
});

test("numbers that are no classes are taken in the type of the loss", () => {
  const halves = asTensor("targets", of("float64", [0.5, 1, 2, 3, 4, 5]), { dtype: "float16", shape: [2, 3] });
  expect(halves.toNumbers()).toEqual([0.5, 1, 2, 3, 4, 5]);
});

// Numbers in fields are read as they were written.
import { describe, expect, it } from "vitest";
import { readNumbers, readScale, writeNumbers, writeScale } from "../../src/ui/page/number-fields.ts";

describe("numbers in fields", () => {
  it.each([
    ["0.5", 0.5],
    [" 0.485, 0.456,0.406 ", [0.485, 0.456, 0.406]],
    ["1 2 3", [1, 2, 3]],
    ["", undefined],
    ["a", undefined],
    ["1, b", undefined],
  ])("reads %o", (text, numbers) => {
    expect(readNumbers(text)).toEqual(numbers);
  });

  it.each([
    ["1/255", 1 / 255],
    ["0.0039", 0.0039],
    ["1 / 0", undefined],
    ["1/", undefined],
    ["", undefined],
    ["1/2/3", undefined],
  ])("reads the scale %o", (text, scale) => {
    expect(readScale(text)).toBe(scale);
  });

  it.each([1, 1 / 255, 1 / 127.5, 2, 0.25])("gives back the scale %d", (scale) => {
    expect(readScale(writeScale(scale))).toBeCloseTo(scale, 10);
  });

  it("writes lists with commas and 1/255 as a fraction", () => {
    expect([writeNumbers(0.5), writeNumbers([1, 2]), writeScale(1 / 255)]).toEqual(["0.5", "1, 2", "1/255"]);
  });
});

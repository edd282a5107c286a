// Values as CSV: what a reader of the file gets back is what was written.
import { expect, test } from "vitest";
import { mapAsCsv, valueAsCsv } from "../../src/ui/export/text.ts";

test("a map has one line for each of its rows", () => {
  expect(mapAsCsv([1, -2.5, Number.NaN, 0, Infinity, 1e-7], 3)).toBe("1,-2.5,NaN\r\n0,Infinity,1e-7\r\n");
});

test("a value has one line for each element, with its index", () => {
  const lines = valueAsCsv([10, 11, 12, 13, 14, 15], [1, 2, 3], ["n", "c", "l"]).split("\r\n");
  expect(lines).toEqual(["n,c,l,value", "0,0,0,10", "0,0,1,11", "0,0,2,12", "0,1,0,13", "0,1,1,14", "0,1,2,15", ""]);
});

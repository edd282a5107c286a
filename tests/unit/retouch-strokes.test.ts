// The text of what is brushed over a picture, and what becomes of it with more strokes.
import { expect, test } from "vitest";
import { drawnTo, groupStrokes, readStrokes, type Stroke, writeStrokes } from "../../src/ui/retouch/strokes.ts";

test("strokes are written with three digits and read again", () => {
  const strokes: Stroke[] = [
    { brush: "gray", width: 0.2, points: [[0.5, 1 / 3]] },
    { brush: "#d02020", width: 0.05, points: [[0, 0.25], [0.9999, 0.25]] }, // biome-ignore format: one line for each stroke
  ];
  const text = "gray 0.2 0.5,0.333; #d02020 0.05 0,0.25 1,0.25";
  expect(writeStrokes(strokes)).toBe(text);
  expect(writeStrokes(readStrokes(text))).toBe(text);
  expect(readStrokes(text)).toHaveLength(2);
});

test.each([
  ["", "no strokes"],
  [" ; ", "nothing between semicolons"],
])("'%s' is no stroke: %s", (text) => expect(readStrokes(text)).toEqual([]));

test.each([
  ["black 0.2 0.5,0.5", "gray, blur or a colour such as #d02020 first"],
  ["#fff 0.2 0.5,0.5", "gray, blur or a colour such as #d02020 first"],
  ["gray 0 0.5,0.5", "a width up to 2"],
  ["gray 20 0.5,0.5", "a width up to 2"],
  ["gray", "a width up to 2"],
  ["gray 0.2", "points y,x, as shares of the picture"],
  ["gray 0.2 0.5", "points y,x, as shares of the picture"],
  ["gray 0.2 0.5,middle", "points y,x, as shares of the picture"],
  ["gray 0.2 0.5,0.5; blur 0.1 100,100", "retouch 'blur 0.1 100,100': expected points y,x"],
])("refuses '%s': expected %s", (text, expected) => expect(() => readStrokes(text)).toThrow(expected));

test("a point too near to the last one to be seen adds nothing", () => {
  const stroke: Stroke = { brush: "blur", width: 0.3, points: [[0.5, 0.5]] };
  expect(drawnTo(stroke, [0.52, 0.5])).toBe(stroke);
  expect(drawnTo(stroke, [0.6, 0.5]).points).toEqual([
    [0.5, 0.5],
    [0.6, 0.5],
  ]);
});

test("neighbours of one brush and one width are drawn at once, in their order", () => {
  const groups = groupStrokes(readStrokes("gray 0.2 0,0; gray 0.2 1,1; blur 0.2 0,0; blur 0.1 0,0; gray 0.2 0,0"));
  expect(groups.map((group) => `${group.length} ${group[0]?.brush}`)).toEqual(["2 gray", "1 blur", "1 blur", "1 gray"]);
});

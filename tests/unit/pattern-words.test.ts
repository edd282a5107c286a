// What the element says of patterns, and how it reads what is asked for.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readChannels } from "../../src/ui/patterns/channels.ts";
import { toInput } from "../../src/ui/patterns/grower.ts";
import { patternTexts } from "../../src/ui/patterns/texts.ts";

test("docs/explanations.md says of patterns what the element says", () => {
  const docs = readFileSync("docs/explanations.md", "utf8").replaceAll("\n", " ");
  for (const text of Object.values(patternTexts)) expect(docs).toContain(text);
});

test.each([
  ["a range", "0-3", [0, 1, 2, 3]],
  ["numbers and ranges", "3, 7-9", [3, 7, 8, 9]],
  ["one", "12", [12]],
  ["a range that goes down", "4-2", undefined],
  ["a word", "all", undefined],
  ["nothing between commas", "1,,2", undefined],
  ["a number below 0", "-1", undefined],
  ["too many", "0-5000", undefined],
])("%s is read as channels, or refused", (_, text, channels) => expect(readChannels(text)).toEqual(channels));

test.each([
  ["colour", { mean: [0.5, 0.4, 0.3], std: [0.5, 0.25, 0.2] }, 3, [2, 4, 5], [-1, -1.6, -1.5]],
  ["0 to 255", { scale: 1 }, 3, [255, 255, 255], [0, 0, 0]],
  ["grey", { mean: 0.5, std: 0.5 }, 1, [2], [-1]],
  ["opacity, which is full", {}, 4, [1, 1, 1, 0], [0, 0, 0, 1]],
])("patterns become the input as pictures do: %s", (_, preparation, count, gain, shift) => {
  const found = toInput(preparation, count);
  gain.forEach((expected, i) => {
    expect(found.gain[i]).toBeCloseTo(expected, 9);
    expect(found.shift[i]).toBeCloseTo(shift[i] as number, 9);
  });
});

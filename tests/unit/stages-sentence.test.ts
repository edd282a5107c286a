// What is said of a network that runs in stages: how many of its layers are drawn, and how many are not.
import { expect, test } from "vitest";
import { stagesSentence } from "../../src/ui/instrument/stages-line.ts";

const nodes = (drawn: number, later: number) =>
  Array.from({ length: drawn + later }, (_, i) => ({ role: "layer", obstacles: [], shape: i < drawn ? [1] : undefined }) as never);
const layers = [{ operator: "NonZero", readsBack: true }] as never;
const begin = "This network runs in stages: from NonZero on, shapes hang on numbers that it computes.";

test.each([
  [1, 1, "The layer before is drawn live. The layer from there on has no maps here."],
  [2, 3, "The 2 layers before are drawn live. The 3 layers from there on have no maps here."],
  [0, 2, "The 2 layers from there on have no maps here."],
  [1200, 1, "The 1,200 layers before are drawn live. The layer from there on has no maps here."],
])("of %i layers before and %i from there on", (drawn, later, told) => {
  expect(stagesSentence({ layers }, nodes(drawn, later))).toBe(`${begin} ${told}`);
});

// Resize and Upsample.
import { readElements } from "../reductions.ts";
import { resizeTaps } from "../resize-taps.ts";
import type { Rule, Rules } from "../rule.ts";
import { mapIndices } from "../runs.ts";
import { combinations } from "../window-taps.ts";

const resize: Rule = {
  reads: (facts, grid) => [
    [grid.map((runs, axis) => mapIndices(runs, (index) => resizeTaps(facts, axis, index).map(({ place }) => place)))],
  ],
  step(facts, index, at) {
    const taps = combinations(index.map((one, axis) => resizeTaps(facts, axis, one)));
    const elements = readElements(
      facts,
      at,
      taps.map((tap) => tap.map(({ place }) => place)),
    );
    const weights = Float64Array.from(taps, (tap) => tap.reduce((product, { weight }) => product * weight, 1));
    const result = weights.reduce((sum, weight, i) => sum + weight * (elements.numbers[i] as number), 0);
    return { kind: "interpolation", elements, weights, result };
  },
};

export const resizing: Rules = { Resize: resize, Upsample: resize };

// Outputs to probabilities, and the likeliest classes.
import { describe, expect, it } from "vitest";
import { toProbabilities, topClasses } from "../../src/ui/class-bars.ts";
import { formatNumber, percentOf } from "../../src/ui/format-number.ts";

describe("toProbabilities", () => {
  it("leaves a distribution as it is", () => {
    const scores = Float32Array.of(0.25, 0.75);
    expect(toProbabilities(scores)).toBe(scores);
  });

  it("takes the softmax of scores, however large", () => {
    const [a, b] = toProbabilities(Float32Array.of(1000, 1000 + Math.log(3)));
    expect(a).toBeCloseTo(0.25, 3);
    expect(b).toBeCloseTo(0.75, 3);
  });

  it("takes the softmax of positive scores that do not add up to 1", () => {
    expect([...toProbabilities(Float32Array.of(0.9, 0.9))]).toEqual([0.5, 0.5]);
  });
});

it("gives no percentage of what is no number", () => {
  expect([0.5, 0, 1, Number.NaN].map(percentOf)).toEqual(["50.0%", "0%", "100%", "NaN"]);
});

describe("topClasses", () => {
  it("orders by probability and names what has no label", () => {
    expect(topClasses(Float32Array.of(0.25, 0.5, 0.125), ["cat", "dog"], 3)).toEqual([
      { index: 1, label: "dog", probability: 0.5 },
      { index: 0, label: "cat", probability: 0.25 },
      { index: 2, label: "class 2", probability: 0.125 },
    ]);
  });
});

describe("formatNumber", () => {
  const cases = [
    [0, "0"],
    [0.823149, "0.8231"],
    [-2.5, "−2.5"],
    [123456, "1.23e+5"],
    [0.00012, "1.20e−4"],
    [Number.NaN, "NaN"],
    [-Infinity, "−∞"],
  ] as const;
  it.each(cases)("%s is shown as %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

// One range for all layers that are shown.
import { expect, test } from "vitest";
import { commonRange } from "../../src/ui/page/common-range.ts";

test.each([
  [
    "activations begin at 0",
    [
      { low: 0.2, high: 1.477 },
      { low: 0, high: 9.9291 },
    ],
    "0..9.93",
  ],
  [
    "what is below 0 counts",
    [
      { low: -1.25, high: 3 },
      { low: 0, high: 2 },
    ],
    "-1.25..3",
  ],
  [
    "what is no number does not",
    [
      { low: 0, high: Infinity },
      { low: NaN, high: NaN },
      { low: 0, high: 2 },
    ],
    "0..2",
  ],
  ["there is none over zeros", [{ low: 0, high: 0 }], undefined],
  ["there is none over nothing", [], undefined],
])("%s", (_, channels, range) => expect(commonRange(channels)).toBe(range));

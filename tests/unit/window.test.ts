// Sliding windows: padding, counts and what does not fit.
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/engine/errors.ts";
import { resolveWindow, type WindowAttributes } from "../../src/engine/window.ts";

interface Row {
  readonly why: string;
  readonly extents: readonly number[];
  readonly window: WindowAttributes;
  readonly output: readonly number[];
  /** Begins, then ends; zeros unless given. */
  readonly pads?: readonly number[];
}

const same = (autoPad: "SAME_UPPER" | "SAME_LOWER", kernel: readonly number[], strides?: readonly number[]) => ({
  autoPad,
  kernel,
  strides,
});

const rows: readonly Row[] = [
  { why: "no padding by default", extents: [5, 5], window: { kernel: [3, 3] }, output: [3, 3] },
  { why: "VALID ignores pads", extents: [5], window: { kernel: [3], autoPad: "VALID", pads: [9, 9] }, output: [3] },
  { why: "a window that ends short of the edge", extents: [8, 9], window: { kernel: [3, 3], strides: [2, 2] }, output: [3, 4] },
  { why: "asymmetric pads", extents: [4, 6], window: { kernel: [3, 3], pads: [0, 1, 2, 3] }, output: [4, 8], pads: [0, 1, 2, 3] },
  {
    why: "not square",
    extents: [7, 10],
    window: { kernel: [1, 5], strides: [3, 2], pads: [0, 2, 0, 2] },
    output: [3, 5],
    pads: [0, 2, 0, 2],
  },
  { why: "dilation widens the reach", extents: [9, 9], window: { kernel: [3, 3], dilations: [1, 4] }, output: [7, 1] },
  { why: "a negative pad crops", extents: [6], window: { kernel: [2], pads: [-1, -2] }, output: [2], pads: [-1, -2] },
  { why: "three axes", extents: [4, 5, 6], window: { kernel: [1, 2, 3], strides: [1, 2, 3] }, output: [4, 2, 2] },
  { why: "SAME keeps the extent at stride 1", extents: [5, 6], window: same("SAME_UPPER", [3, 3]), output: [5, 6], pads: [1, 1, 1, 1] },
  { why: "SAME_UPPER puts the odd one at the end", extents: [4], window: same("SAME_UPPER", [4]), output: [4], pads: [1, 2] },
  { why: "SAME_LOWER puts it at the start", extents: [4], window: same("SAME_LOWER", [4]), output: [4], pads: [2, 1] },
  { why: "SAME at stride 2 of an even extent", extents: [8], window: same("SAME_UPPER", [3], [2]), output: [4], pads: [0, 1] },
  { why: "SAME at stride 2 of an odd extent", extents: [7], window: same("SAME_UPPER", [3], [2]), output: [4], pads: [1, 1] },
  { why: "SAME with a stride beyond the kernel needs none", extents: [8], window: same("SAME_LOWER", [1], [3]), output: [3] },
  {
    why: "SAME counts dilation",
    extents: [6],
    window: { kernel: [3], dilations: [2], autoPad: "SAME_UPPER" },
    output: [6],
    pads: [2, 2],
  },
  { why: "ceil_mode adds a window over the edge", extents: [6], window: { kernel: [3], strides: [2], ceilMode: true }, output: [3] },
  { why: "ceil_mode adds none where all fit", extents: [7], window: { kernel: [3], strides: [2], ceilMode: true }, output: [3] },
  {
    why: "ceil_mode adds no window that starts in the end padding",
    extents: [4],
    window: { kernel: [1], strides: [3], pads: [0, 2], ceilMode: true },
    output: [2],
    pads: [0, 2],
  },
];

test.each(rows)("$why: $extents → $output", ({ extents, window, output, pads = extents.flatMap(() => [0, 0]) }) => {
  const resolved = resolveWindow(extents, window);
  expect(resolved.output).toEqual(output);
  expect([...resolved.padsBegin, ...resolved.padsEnd]).toEqual(pads);
  expect(resolved.strides).toEqual(window.strides ?? extents.map(() => 1));
  expect(resolved.dilations).toEqual(window.dilations ?? extents.map(() => 1));
});

/** Every window that a count promises starts inside, and one more would not fit. */
test("counts agree with sliding by hand", () => {
  for (const extent of [1, 2, 5, 8])
    for (const kernel of [1, 2, 3])
      for (const stride of [1, 2, 3])
        for (const dilation of [1, 2])
          for (const pads of [
            [0, 0],
            [1, 1],
            [0, 2],
          ] as const) {
            const reach = (kernel - 1) * dilation + 1;
            let count = 0;
            while (count * stride + reach <= extent + pads[0] + pads[1]) count++;
            const attributes = { kernel: [kernel], strides: [stride], dilations: [dilation], pads };
            if (count === 0) expect(() => resolveWindow([extent], attributes)).toThrow(ModelError);
            else expect(resolveWindow([extent], attributes).output).toEqual([count]);
          }
});

describe("what is wrong is refused", () => {
  test.each([
    { why: "a kernel larger than the map", window: { kernel: [6, 1] }, message: "a window reaching 6 does not fit 5 elements" },
    { why: "a kernel of another rank", window: { kernel: [3] }, message: "kernel_shape must be 2 positive integers, got [3]" },
    { why: "a kernel without taps", window: { kernel: [0, 1] }, message: "kernel_shape must be 2 positive integers, got [0,1]" },
    { why: "a stride of 0", window: { kernel: [1, 1], strides: [0, 1] }, message: "strides must be 2 positive integers, got [0,1]" },
    { why: "a fractional dilation", window: { kernel: [1, 1], dilations: [1, 0.5] }, message: "dilations must be 2 positive" },
    { why: "pads for one axis only", window: { kernel: [1, 1], pads: [1, 1] }, message: "pads must be 4 whole numbers, got [1,1]" },
    { why: "an unknown auto_pad", window: { kernel: [1, 1], autoPad: "SAME" }, message: "auto_pad 'SAME' is not one of NOTSET" },
  ])("$why", ({ window, message }) => {
    expect(() => resolveWindow([5, 5], window)).toThrow(ModelError);
    expect(() => resolveWindow([5, 5], window)).toThrow(message);
  });
});

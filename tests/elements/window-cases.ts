// Convolutions and pools with every option that changes which elements their windows hold.
import { noise, op } from "../support/graphs.ts";
import { type ElementCase, one } from "./hold.ts";

const pads = [1, 0, 2, 1];
const automatic = ["SAME_UPPER", "SAME_LOWER", "VALID"];

const convolutions: readonly ElementCase[] = [
  ...automatic.map((auto) =>
    one(
      `Conv ${auto} of stride 2`,
      op("Conv", "x w b", "y", { auto_pad: auto, strides: [2, 2] }),
      { x: [1, 2, 5, 6] },
      { constants: { w: noise([2, 2, 3, 4], 3), b: noise([2], 4) } },
    ),
  ),
  one(
    "Conv over one axis, groups, stride, dilation",
    op("Conv", "x w b", "y", { group: 2, strides: [2], dilations: [2], pads: [3, 1] }),
    { x: [2, 4, 11] },
    { constants: { w: noise([6, 2, 3], 3), b: noise([6], 4) } },
  ),
  one(
    "Conv over three axes, groups, stride, dilation",
    op("Conv", "x w", "y", { group: 2, strides: [2, 1, 3], dilations: [1, 2, 1], pads: [1, 0, 2, 0, 1, 1] }),
    { x: [1, 4, 3, 3, 5] },
    { constants: { w: noise([2, 2, 2, 2, 3], 3) } },
  ),
  one(
    "Conv that steps over elements",
    op("Conv", "x w", "y", { strides: [3, 4] }),
    { x: [1, 1, 8, 9] },
    { constants: { w: noise([2, 1, 2, 1], 3) } },
  ),
  one("Conv depthwise", op("Conv", "x w", "y", { group: 3, pads }), { x: [1, 3, 4, 4] }, { constants: { w: noise([6, 1, 2, 3], 3) } }),
  one(
    "Conv with negative pads",
    op("Conv", "x w", "y", { pads: [-1, 0, 0, -1] }),
    { x: [2, 2, 4, 5] },
    { constants: { w: noise([3, 2, 1, 1], 3) } },
  ),
  one(
    "Conv with windows wholly in the padding",
    op("Conv", "x w", "y", { pads: [2, 2, 2, 2], dilations: [1, 3] }),
    { x: [1, 1, 2, 3] },
    { constants: { w: noise([1, 1, 2, 2], 3) } },
  ),
  one(
    "Conv of a kernel and a bias that are computed",
    op("Conv", "x w b", "y", { group: 2, pads, strides: [2, 3] }),
    { x: [1, 2, 3, 4], w: [4, 1, 3, 2], b: [4] },
    // The kernel is read whole, also where it is multiplied with the padding's 0.
    { sources: ["x", "b"] },
  ),
  ...automatic.map((auto) =>
    one(
      `ConvTranspose ${auto}`,
      op("ConvTranspose", "x w", "y", { auto_pad: auto, strides: [3, 2] }),
      { x: [1, 2, 3, 3] },
      { constants: { w: noise([2, 2, 2, 3], 3) } },
    ),
  ),
  one(
    "ConvTranspose of an output shape",
    op("ConvTranspose", "x w", "y", { output_shape: [7, 8], strides: [2, 2] }),
    { x: [1, 2, 3, 4] },
    { constants: { w: noise([2, 2, 3, 3], 3) } },
  ),
  one(
    "ConvTranspose with output padding and pads",
    op("ConvTranspose", "x w b", "y", { output_padding: [1, 2], strides: [2, 3], pads }),
    { x: [1, 2, 3, 3] },
    { constants: { w: noise([2, 2, 3, 3], 3), b: noise([2], 4) } },
  ),
  one(
    "ConvTranspose of groups, dilated",
    op("ConvTranspose", "x w b", "y", { group: 2, dilations: [2, 1], strides: [1, 2] }),
    { x: [2, 4, 3, 3] },
    { constants: { w: noise([4, 2, 2, 3], 3), b: noise([4], 4) } },
  ),
  one(
    "ConvTranspose over one axis, with gaps",
    op("ConvTranspose", "x w", "y", { strides: [4] }),
    { x: [1, 2, 4] },
    { constants: { w: noise([2, 1, 2], 3) } },
  ),
  one("ConvTranspose of a kernel that is computed", op("ConvTranspose", "x w", "y", { group: 2, strides: [2, 1], pads }), {
    x: [1, 2, 3, 2],
    w: [2, 2, 2, 3],
  }),
];

const window = { kernel_shape: [3, 2], strides: [2, 2] };
const pools: readonly ElementCase[] = ["MaxPool", "AveragePool", "LpPool"].flatMap((operator) => [
  one(`${operator} SAME_LOWER`, op(operator, "x", "y", { ...window, auto_pad: "SAME_LOWER" }), { x: [1, 2, 4, 5] }),
  one(`${operator} with uneven pads`, op(operator, "x", "y", { ...window, pads }), { x: [2, 2, 5, 4] }),
  one(
    `${operator} that reaches beyond its pads`,
    op(operator, "x", "y", { kernel_shape: [3, 3], strides: [3, 2], pads: [1, 1, 0, 0], ceil_mode: 1 }),
    { x: [1, 2, 6, 6] },
  ),
  one(`${operator} dilated`, op(operator, "x", "y", { ...window, dilations: [2, 3], pads }), { x: [1, 1, 7, 8] }),
  one(`${operator} over one axis`, op(operator, "x", "y", { kernel_shape: [4], strides: [3], ceil_mode: 1 }), { x: [1, 2, 9] }),
  one(`${operator} over three axes`, op(operator, "x", "y", { kernel_shape: [2, 1, 3], strides: [1, 2, 2] }), { x: [1, 1, 3, 4, 5] }),
  one(`Global${operator}`, op(`Global${operator}`, "x", "y"), { x: [2, 2, 3, 4] }),
]);

const counted: readonly ElementCase[] = [0, 1].map((ceil) =>
  one(
    `AveragePool that counts pads, ceil_mode ${ceil}`,
    op("AveragePool", "x", "y", { ...window, pads, count_include_pad: 1, ceil_mode: ceil }),
    { x: [1, 2, 6, 6] },
  ),
);

export const windowCases: readonly ElementCase[] = [
  ...convolutions,
  ...pools,
  ...counted,
  one("LpPool of p 3", op("LpPool", "x", "y", { ...window, pads, p: 3 }), { x: [1, 2, 4, 4] }),
  one("GlobalLpPool of p 1", op("GlobalLpPool", "x", "y", { p: 1 }), { x: [2, 2, 3, 2] }),
];

// Operators that move elements, give them another shape, or interpolate between them.
import { Tensor } from "../../src/engine/tensor.ts";
import { ints, op } from "../support/graphs.ts";
import { type ElementCase, one } from "./hold.ts";

const moves: readonly ElementCase[] = [
  one("Slice of opset 9", op("Slice", "x", "y", { starts: [1, -3], ends: [9999, -1], axes: [0, 2] }), { x: [3, 2, 5] }, { opset: 9 }),
  one("Slice backwards from beyond the end", op("Slice", "x s e a t", "y"), { x: [3, 7] }, sliced([99], [-99], [-1], [-3])),
  one("Slice with a step", op("Slice", "x s e a t", "y"), { x: [3, 7] }, sliced([1, 1], [7, 3], [1, 0], [3, 1])),
  one("Slice without axes", op("Slice", "x s e", "y"), { x: [3, 7] }, { constants: { s: ints(-2, 1), e: ints(3, -1) } }),
  ...["constant", "reflect", "edge", "wrap"].map((mode) =>
    one(`Pad ${mode}`, op("Pad", "x p", "y", { mode }), { x: [2, 4, 3] }, { constants: { p: ints(0, 3, 1, 0, 2, 2) } }),
  ),
  one(
    "Pad of named axes, which crops",
    op("Pad", "x p v a", "y"),
    { x: [2, 4, 3] },
    {
      constants: { p: ints(1, -1, 0, 2), v: Tensor.from("float32", [], [7]), a: ints(-1, 0) },
    },
  ),
  one("Pad of opset 2", op("Pad", "x", "y", { pads: [0, 1, 2, 0], value: 0.5 }), { x: [2, 4] }, { opset: 10 }),
  one("Split unevenly", op("Split", "x", "a y", { num_outputs: 2, axis: -1 }), { x: [2, 5] }, { outputs: ["y"] }),
  one("Split of given sizes", op("Split", "x s", "a b y", { axis: 1 }), { x: [2, 6] }, { outputs: ["b"], constants: { s: ints(1, 3, 2) } }),
  one("Gather of one place", op("Gather", "x i", "y", { axis: 1 }), { x: [2, 4, 3] }, { constants: { i: Tensor.int64([], [-2]) } }),
  one(
    "Gather of a grid of places",
    op("Gather", "x i", "y", { axis: -1 }),
    { x: [2, 4] },
    {
      constants: { i: Tensor.int64([2, 3], [0, 0, 3, -1, 2, 0]) },
    },
  ),
  one("Expand of a scalar", op("Expand", "x s", "y"), { x: [] }, { constants: { s: ints(2, 3) } }),
  one("Expand to fewer axes than the value has", op("Expand", "x s", "y"), { x: [2, 1, 3] }, { constants: { s: ints(4, 1) } }),
  one("Tile", op("Tile", "x r", "y"), { x: [2, 3, 1] }, { constants: { r: ints(3, 2, 2) } }),
  one("Transpose without a permutation", op("Transpose", "x", "y"), { x: [2, 3, 4] }),
  one("Transpose", op("Transpose", "x", "y", { perm: [2, 0, 1] }), { x: [2, 3, 4] }),
  one("Concat of one value twice", op("Concat", "x b x", "y", { axis: -2 }), { x: [2, 2, 3], b: [2, 1, 3] }),
];

function sliced(s: number[], e: number[], a: number[], t: number[]): Partial<ElementCase> {
  return { constants: { s: ints(...s), e: ints(...e), a: ints(...a), t: ints(...t) } };
}

const reshaped = (x: readonly number[], ...shape: number[]): ElementCase =>
  one(`Reshape of [${x}] to [${shape}]`, op("Reshape", "x s", "y"), { x }, { constants: { s: ints(...shape) } });

/** Where a box is no box in the other shape, the smallest around it is meant. */
const shapes: readonly ElementCase[] = [
  reshaped([2, 6, 3], 2, 3, 2, 3),
  reshaped([2, 3, 2, 3], 2, 6, 3),
  reshaped([4, 6], 6, 4),
  reshaped([1, 4, 1, 3], 4, 3, 1),
  reshaped([2, 3], 1, 1, 6),
  reshaped([12], 2, 1, 2, 3),
  one("Flatten", op("Flatten", "x", "y", { axis: 2 }), { x: [2, 2, 3, 2] }),
  one("Flatten from axis 0", op("Flatten", "x", "y", { axis: 0 }), { x: [2, 3] }),
  one("Squeeze of opset 11", op("Squeeze", "x", "y", { axes: [-2] }), { x: [2, 1, 3] }, { opset: 11 }),
  one("Unsqueeze", op("Unsqueeze", "x a", "y"), { x: [2, 3] }, { constants: { a: ints(-1, 0) } }),
  one("DepthToSpace DCR", op("DepthToSpace", "x", "y", { blocksize: 2 }), { x: [1, 8, 2, 3] }),
  one("DepthToSpace CRD", op("DepthToSpace", "x", "y", { blocksize: 2, mode: "CRD" }), { x: [1, 8, 2, 3] }),
  one("SpaceToDepth", op("SpaceToDepth", "x", "y", { blocksize: 3 }), { x: [1, 2, 3, 6] }),
  one(
    "a channel shuffle",
    [op("Reshape", "x s", "a"), op("Transpose", "a", "b", { perm: [0, 2, 1, 3] }), op("Reshape", "b t", "y")],
    { x: [1, 6, 4] },
    { constants: { s: ints(1, 2, 3, 4), t: ints(1, 6, 4) } },
  ),
];

const resized = (
  what: string,
  attributes: Record<string, string | number | readonly number[]>,
  sizes: readonly number[],
  x: readonly number[] = [1, 2, 4, 5],
): ElementCase => one(`Resize ${what}`, op("Resize", "x _ _ sizes", "y", attributes), { x }, { constants: { sizes: ints(...sizes) } });

const transformations = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"];
const resizes: readonly ElementCase[] = [
  ...transformations.flatMap((transformation) =>
    ["nearest", "linear", "cubic"].map((mode) =>
      resized(`${mode} ${transformation}`, { mode, coordinate_transformation_mode: transformation }, [1, 2, 3, 7]),
    ),
  ),
  ...["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"].map((nearest) =>
    resized(`nearest ${nearest}`, { nearest_mode: nearest, coordinate_transformation_mode: "asymmetric" }, [1, 2, 6, 3]),
  ),
  resized("of named axes", { axes: [-1, 2], mode: "linear" }, [8, 6]),
  resized("with antialias", { mode: "linear", antialias: 1 }, [1, 1, 2, 2], [1, 1, 6, 5]),
  resized("cubic with antialias", { mode: "cubic", antialias: 1 }, [1, 1, 2, 3], [1, 1, 7, 7]),
  resized("that excludes what is outside", { mode: "cubic", exclude_outside: 1 }, [1, 2, 7, 9]),
  resized("to one", { mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel" }, [1, 2, 1, 7]),
  resized("of the batch", { mode: "linear" }, [3, 2, 4, 4], [2, 2, 4, 4]),
  resized("not larger", { mode: "linear", keep_aspect_ratio_policy: "not_larger", axes: [2, 3] }, [7, 6]),
  one(
    "Resize by scales",
    op("Resize", "x _ s", "y", { mode: "linear" }),
    { x: [1, 1, 4, 5] },
    {
      constants: { s: Tensor.from("float32", [4], [1, 1, 1.6, 0.6]) },
    },
  ),
  one(
    "Upsample of opset 9",
    op("Upsample", "x s", "y", { mode: "linear" }),
    { x: [1, 2, 3, 4] },
    { opset: 9, constants: { s: Tensor.from("float32", [4], [1, 1, 2, 1.5]) } },
  ),
  one(
    "Upsample of opset 9",
    op("Upsample", "x s", "y"),
    { x: [1, 2, 3, 4] },
    {
      opset: 9,
      constants: { s: Tensor.from("float32", [4], [1, 1, 3, 1]) },
    },
  ),
];

export const movementCases: readonly ElementCase[] = [...moves, ...shapes, ...resizes];

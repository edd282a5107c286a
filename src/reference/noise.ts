// Seeded noise for every input of a network, for checks that need numbers and have none.
import type { TypedGraph } from "../engine/graph/graph.ts";
import { sizeOf } from "../engine/shapes.ts";
import { isFloat, Tensor } from "../engine/tensor.ts";
import { randomSource } from "./differences.ts";

/** In [−1, 1) for floats, 0 or 1 for whole numbers. */
export function noiseFor({ inputs }: TypedGraph, seed: number): Record<string, Tensor> {
  const random = randomSource(seed);
  return Object.fromEntries(
    inputs.map(({ name, dtype, shape }) => {
      const values = Float64Array.from({ length: sizeOf(shape) }, random);
      return [name, Tensor.from(dtype, shape, isFloat(dtype) ? values : values.map((value) => Number(value >= 0)))];
    }),
  );
}

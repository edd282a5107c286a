// Plain loops in double precision, as the reference for kernels.
import { expect } from "vitest";
import { denseStrides, sizeOf } from "../../src/engine/shapes.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import type { Window } from "../../src/engine/window.ts";

/**
 * y[n, o, p] = bias[o] + Σ w[o, i, k] · x[n, i, p·stride + k·dilation − pad]
 *
 * @param x [batch, channels, …spatial]
 * @param weight [outC, inC / groups, …kernel]
 */
export function convolve(x: Tensor, weight: Tensor, bias: Tensor | undefined, window: Window, groups: number): number[] {
  const [batch = 0, , ...extents] = x.shape;
  const [outChannels = 0, inChannels = 0, ...kernel] = weight.shape;
  const [xs, ws, bs] = [x.toFloat32(), weight.toFloat32(), bias?.toFloat32()];
  const [xStrides, spatialStrides] = [denseStrides(x.shape), denseStrides(extents)];
  const result: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outChannels; o++) {
      const firstChannel = Math.floor(o / (outChannels / groups)) * inChannels;
      for (const point of indices(window.output)) {
        let sum = bs?.[o] ?? 0;
        indices(kernel).forEach((tap, k) => {
          const at = point.map(
            (p, axis) => p * at0(window.strides, axis) + at0(tap, axis) * at0(window.dilations, axis) - at0(window.padsBegin, axis),
          );
          if (at.some((p, axis) => p < 0 || p >= at0(extents, axis))) return;
          const offset = at.reduce((total, p, axis) => total + p * at0(spatialStrides, axis), n * at0(xStrides, 0));
          for (let i = 0; i < inChannels; i++) {
            const w = ws[(o * inChannels + i) * sizeOf(kernel) + k] as number;
            sum += w * (xs[offset + (firstChannel + i) * at0(xStrides, 1)] as number);
          }
        });
        result.push(sum);
      }
    }
  return result;
}

function at0(list: readonly number[], index: number): number {
  return list[index] ?? 0;
}

/** Every index of a tensor of this shape, in order. */
function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>((heads, extent) => heads.flatMap((head) => Array.from({ length: extent }, (_, i) => [...head, i])), [[]]);
}

/** Element by element within 1e-4 of the larger of 1 and the expected number; the message names the first that is not. */
export function expectClose(actual: Tensor | undefined, expected: ArrayLike<number>, what: string): void {
  const values = actual?.toFloat32() ?? new Float32Array();
  expect(values.length, what).toBe(expected.length);
  const index = values.findIndex((value, i) => {
    const wanted = expected[i] as number;
    return !(Math.abs(value - wanted) <= 1e-4 * Math.max(1, Math.abs(wanted)));
  });
  if (index >= 0) expect.fail(`${what}: element ${index} of [${actual?.shape}] is ${values[index]}, expected ${expected[index]}`);
}

// Winograd's transforms against the convolution they stand for.
import { expect, test } from "vitest";
import { kernelTransformer, winogradTransform } from "../../src/shaders/generate/winograd.ts";

/** Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A. */
function winograd(tile: 2 | 4, patch: readonly (readonly number[])[], kernel: readonly number[]): number[][] {
  const t = winogradTransform(tile);
  const u = new Float32Array(t.patch ** 2);
  kernelTransformer(t)(Float32Array.from(kernel), 0, u, 0, 1);
  const v = sandwich(t.input, patch);
  return sandwich(
    t.output,
    v.map((row, i) => row.map((value, j) => value * (u[i * t.patch + j] as number))),
  );
}

/** M x Mᵀ */
function sandwich(m: readonly (readonly number[])[], x: readonly (readonly number[])[]): number[][] {
  const half = m.map((row) => (x[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (x[k]?.[j] as number), 0)));
  return half.map((row) => m.map((other) => other.reduce((sum, value, k) => sum + value * (row[k] as number), 0)));
}

test.each([2, 4] as const)("F(%i×%i, 3×3) equals the sliding sum", (tile) => {
  const patch = Array.from({ length: tile + 2 }, (_, y) => Array.from({ length: tile + 2 }, (_, x) => Math.sin(1 + 3 * y + 7 * x)));
  const kernel = Array.from({ length: 9 }, (_, i) => Math.cos(2 + 5 * i));
  const result = winograd(tile, patch, kernel);
  for (let y = 0; y < tile; y++)
    for (let x = 0; x < tile; x++) {
      let sum = 0;
      for (let k = 0; k < 9; k++) sum += (kernel[k] as number) * (patch[y + Math.floor(k / 3)]?.[x + (k % 3)] as number);
      expect(result[y]?.[x]).toBeCloseTo(sum, 5);
    }
});

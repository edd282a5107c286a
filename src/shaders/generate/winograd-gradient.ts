// The gradient of 3×3 weights by Winograd's transforms: y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A is linear in g, so that dg = Gᵀ [Σ (A dy Aᵀ) ⊙ (Bᵀ d B)] G, summed
// over all tiles. Bᵀ d B is that of the convolution itself; this generates the other two transforms.
import { defineShader, type Shader } from "../shader.ts";
import { u32s } from "./fields.ts";
import { indices } from "./indices.ts";
import { grid, head, placeTile, sum, transformInFields, type WinogradTransform } from "./winograd.ts";

/** Taps of the kernel along one axis. */
const taps = 3;

/** W[k, c, t] = (A dy Aᵀ)[k] of every tile t of every channel c of dy, whose strides are `in_…` */
export function generateWinogradSlope({ patch, tile, output }: WinogradTransform): Shader {
  const name = `winograd slope, tiles of ${tile}×${tile}`;
  const a = indices(patch).map((k) => output.map((row) => row[k] as number));
  const code = [
    ...head(name, transformInFields, ["var<storage, read> dy", "var<storage, read_write> transformed"]),
    ...placeTile(tile),
    "let in_h = params.in_h;",
    "let source = params.in_offset + n * params.in_n + c * params.in_c + y * in_h + x;",
    "let plane = params.channels * params.tiles;",
    "let to = c * params.tiles + n * params.tiles_x * params.tiles_y + tile;",
    // A tile that moved back does not count what its neighbour counts.
    "let skip_x = tile_x - x;",
    "let skip_y = tile_y - y;",
    ...grid("d", tile, tile, (i, j) => `select(0.0, dy[source + ${i}u * in_h + ${j}u], (skip_y <= ${i}u) & (skip_x <= ${j}u))`),
    ...grid("h", patch, tile, (k, j) => sum(a[k], (i) => `d_${i}_${j}`)),
    ...grid("w", patch, patch, (k, l) => sum(a[l], (j) => `h_${k}_${j}`)),
    ...indices(patch * patch).map((at) => `transformed[to + ${at}u * plane] = w_${Math.floor(at / patch)}_${at % patch};`),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/** dg = Gᵀ M G of every pair of channels, from products M[k, pair]. */
export function generateWinogradWeights({ patch, tile, kernel }: WinogradTransform): Shader {
  const name = `winograd weights, tiles of ${tile}×${tile}`;
  const g = indices(taps).map((tap) => kernel.map((row) => row[tap] as number));
  const code = [
    ...head(name, u32s("count"), ["var<storage, read> products", "var<storage, read_write> output"]),
    ...grid("m", patch, patch, (k, l) => `products[index + ${k * patch + l}u * params.count]`),
    ...grid("h", taps, patch, (i, l) => sum(g[i], (k) => `m_${k}_${l}`)),
    ...grid("g", taps, taps, (i, j) => sum(g[j], (l) => `h_${i}_${l}`)),
    ...indices(taps * taps).map((at) => `output[index * ${taps * taps}u + ${at}u] = g_${Math.floor(at / taps)}_${at % taps};`),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

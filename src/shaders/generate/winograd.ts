// Winograd's F(m×m, 3×3): a 3×3 convolution as elementwise products of transformed tiles, with 4 multiplications per output
// instead of 9 (m = 4: 2.25). Generates the two transforms; the products in between are a batched matrix product.
// Lavin and Gray, https://arxiv.org/abs/1509.09308. The points are those of Barabasz et al., https://arxiv.org/abs/1803.10986.

import { type ActivationKind, activationFunction } from "../activations.ts";
import { defineShader, type Shader } from "../shader.ts";
import { beginMain, declareParams, type Fields, inputFields, outputFields, residualFields, u32s } from "./fields.ts";
import { indices } from "./indices.ts";
import { ofTurn, testTurns } from "./of-turn.ts";

export const winogradWorkgroupSize = 32;

/** Taps of the kernel along one axis. */
const taps = 3;

/** y = Aᵀ [(G g) ⊙ (Bᵀ d)] along one axis: `output` m rows, `input` m + 2, `kernel` 3. */
export interface WinogradTransform {
  /** Outputs per tile along one axis. */
  readonly tile: number;
  /** Inputs per tile along one axis, and the number of products. */
  readonly patch: number;
  /** Aᵀ: [tile, patch]. */
  readonly output: readonly (readonly number[])[];
  /** G: [patch, 3]. */
  readonly kernel: readonly (readonly number[])[];
  /** Bᵀ: [patch, patch]. */
  readonly input: readonly (readonly number[])[];
}

/** Finite interpolation points by tile size; infinity is always the last. 1/2 and −2 round three times less than 2 and −2. */
const pointsByTile: Readonly<Record<2 | 4, readonly number[]>> = { 2: [0, 1, -1], 4: [0, 1, -1, 0.5, -2] };

/** Toom and Cook's construction: evaluate two polynomials at the points, multiply, interpolate; then transpose. */
export function winogradTransform(tile: 2 | 4): WinogradTransform {
  const points = pointsByTile[tile];
  const patch = tile + taps - 1;
  const power = (point: number, exponent: number) => (exponent === 0 ? 1 : point ** exponent);
  const others = (point: number) => points.filter((other) => other !== point);
  return {
    tile,
    patch,
    output: indices(tile).map((i) => [...points.map((p) => power(p, i)), i === tile - 1 ? 1 : 0]),
    kernel: [
      ...points.map((p) => {
        const scale = others(p).reduce((product, other) => product * (p - other), 1);
        return indices(taps).map((k) => power(p, k) / scale);
      }),
      indices(taps).map((k) => (k === taps - 1 ? 1 : 0)),
    ],
    input: [...points.map((p) => [...withRoots(others(p)), 0]), withRoots(points)],
  };
}

/** Coefficients of the polynomial with these roots, constant first. */
function withRoots(roots: readonly number[]): number[] {
  let coefficients = [1];
  for (const root of roots)
    coefficients = Array.from({ length: coefficients.length + 1 }, (_, i) => (coefficients[i - 1] ?? 0) - root * (coefficients[i] ?? 0));
  return coefficients;
}

/**
 * Prepares the transform G g Gᵀ of 3×3 kernels. The returned function reads 9 weights at `offset` and writes patch² numbers
 * to `target` at `place`, `place + stride`, …; it allocates nothing, because networks have millions of kernels.
 */
export function kernelTransformer({ kernel }: WinogradTransform) {
  const g = Float64Array.from(kernel.flat());
  return (weights: Float32Array, offset: number, target: Float32Array, place: number, stride: number): void => {
    const [w00, w01, w02] = [weights[offset] as number, weights[offset + 1] as number, weights[offset + 2] as number];
    const [w10, w11, w12] = [weights[offset + 3] as number, weights[offset + 4] as number, weights[offset + 5] as number];
    const [w20, w21, w22] = [weights[offset + 6] as number, weights[offset + 7] as number, weights[offset + 8] as number];
    let at = place;
    for (let i = 0; i < g.length; i += taps) {
      const [a, b, c] = [g[i] as number, g[i + 1] as number, g[i + 2] as number];
      // A row of G g stays in registers.
      const x = a * w00 + b * w10 + c * w20;
      const y = a * w01 + b * w11 + c * w21;
      const z = a * w02 + b * w12 + c * w22;
      for (let j = 0; j < g.length; j += taps) {
        target[at] = x * (g[j] as number) + y * (g[j + 1] as number) + z * (g[j + 2] as number);
        at += stride;
      }
    }
  };
}

const common: Fields = [
  ["count", "u32"], // invocations: a tile of a channel each
  ["channels", "u32"],
  ["tiles_x", "u32"],
  ["tiles_y", "u32"],
  ["width", "u32"], // of the output
  ["height", "u32"],
  ["tiles", "u32"], // of the whole batch
];

export const transformInFields: Fields = [...common, ...inputFields];

const transformOutFields: Fields = [
  ...common,
  ...outputFields,
  ...residualFields,
  ["alpha", "f32"], // of the activation
  ["beta", "f32"],
];

/** Kernels lie along three axes; `stride` is between two products of one kernel. */
const kernelFields = u32s(
  ...["count", "stride", "extent_1", "extent_2"],
  ...["source_offset", "source_0", "source_1", "source_2"],
  ...["target_offset", "target_0", "target_1", "target_2"],
);

/** V[k, c, t] = (Bᵀ d B)[k] of every tile t of every channel c. The map has a border of one zero where the convolution pads. */
export function generateWinogradInput(transform: WinogradTransform): Shader {
  const { patch } = transform;
  const name = `winograd input, tiles of ${transform.tile}×${transform.tile}`;
  const code = [
    ...head(name, transformInFields, ["var<storage, read> input", "var<storage, read_write> transformed"]),
    ...placeTile(transform.tile),
    "let in_h = params.in_h;",
    "let source = params.in_offset + n * params.in_n + c * params.in_c + y * in_h + x;",
    "let plane = params.channels * params.tiles;",
    "var to = c * params.tiles + n * params.tiles_x * params.tiles_y + tile;",
    ...grid("d", patch, patch, (i, j) => `input[source + ${i}u * in_h + ${j}u]`),
    ...grid("h", patch, patch, (k, j) => sum(transform.input[k], (i) => `d_${i}_${j}`)),
    ...grid("v", patch, patch, (k, l) => sum(transform.input[l], (j) => `h_${k}_${j}`)),
    // One row per turn, as convolutions store their blocks.
    `for (var turn = 0u; turn < ${patch}u; turn++) {`,
    ...testTurns(patch),
    ...indices(patch).map((l) => `transformed[to + ${l}u * plane] = ${ofTurn(indices(patch).map((k) => `v_${k}_${l}`))};`),
    `to += ${patch}u * plane;`,
    "}",
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/** U[k] = (G g Gᵀ)[k] of every kernel g: {@link kernelTransformer} for kernels that lie on the GPU. */
export function generateWinogradKernel({ kernel, patch, tile }: WinogradTransform): Shader {
  const name = `winograd kernel, tiles of ${tile}×${tile}`;
  const code = [
    ...head(name, kernelFields, ["var<storage, read> kernels", "var<storage, read_write> transformed"]),
    "let line = index / params.extent_2;",
    "let z = index - line * params.extent_2;",
    "let x = line / params.extent_1;",
    "let y = line - x * params.extent_1;",
    "let source = params.source_offset + x * params.source_0 + y * params.source_1 + z * params.source_2;",
    "let to = params.target_offset + x * params.target_0 + y * params.target_1 + z * params.target_2;",
    ...grid("g", taps, taps, (i, j) => `kernels[source + ${i * taps + j}u]`),
    ...grid("h", patch, taps, (k, j) => sum(kernel[k], (i) => `g_${i}_${j}`)),
    ...grid("u", patch, patch, (k, l) => sum(kernel[l], (j) => `h_${k}_${j}`)),
    ...indices(patch * patch).map((at) => `transformed[to + ${at}u * params.stride] = u_${Math.floor(at / patch)}_${at % patch};`),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/**
 * y = f(Aᵀ M A + bias + residual) for every tile t of every output channel c, from products M[k, c, t]. Without a residual any buffer
 * may be bound in its place.
 */
export function generateWinogradOutput(transform: WinogradTransform, activation: ActivationKind): Shader {
  const { patch, tile } = transform;
  const name = `winograd output, tiles of ${tile}×${tile}, ${activation}`;
  // Two loops, one for tiles with a residual, as convolutions have them.
  const store = (count: string, residual: (j: number) => string): string[] => [
    `for (var turn = 0u; turn < ${count}; turn++) {`,
    ...testTurns(tile),
    // A tile that moved back does not write what its neighbour writes: their roundings differ, and the last to write would win.
    ...indices(tile).map((j) => {
      const sum = `${ofTurn(indices(tile).map((i) => `y_${i}_${j}`))} + shift${residual(j)}`;
      return `if ((turn >= skip_y) & (skip_x <= ${j}u)) { output[to + ${j}u] = activate(${sum}, alpha, beta); }`;
    }),
    "to += out_h; add += residual_h;",
    "}",
  ];
  const code = [
    ...head(
      name,
      transformOutFields,
      ["var<storage, read> products", "var<storage, read> bias", "var<storage, read_write> output", "var<storage, read> residual"],
      activationFunction(activation),
    ),
    "let plane = params.channels * params.tiles;",
    ...placeTile(tile),
    "let source = c * params.tiles + n * params.tiles_x * params.tiles_y + tile;",
    ...grid("m", patch, patch, (i, j) => `products[source + ${i * patch + j}u * plane]`),
    ...grid("h", tile, patch, (i, l) => sum(transform.output[i], (k) => `m_${k}_${l}`)),
    ...grid("y", tile, tile, (i, j) => sum(transform.output[j], (l) => `h_${i}_${l}`)),
    "let skip_x = tile_x - x;",
    "let skip_y = tile_y - y;",
    "let shift = bias[c];",
    "let alpha = params.alpha;",
    "let beta = params.beta;",
    "let out_h = params.out_h;",
    "let residual_h = params.residual_h;",
    "var to = params.out_offset + n * params.out_n + c * params.out_c + y * out_h + x;",
    "var add = params.residual_offset + n * params.residual_n + c * params.residual_c + y * residual_h + x;",
    `let residual_turns = params.residual_count * ${tile}u;`,
    ...store(`${tile}u - residual_turns`, () => ""),
    ...store("residual_turns", (j) => ` + residual[add + ${j}u]`),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/** Defines NAME_I_J, row by row. */
export function grid(name: string, rows: number, columns: number, value: (i: number, j: number) => string): string[] {
  return indices(rows).flatMap((i) => indices(columns).map((j) => `let ${name}_${i}_${j} = ${value(i, j)};`));
}

export function head(name: string, fields: Fields, buffers: readonly string[], helper = ""): string[] {
  return [
    `// ${name}`,
    ...declareParams(fields),
    ...buffers.map((buffer, i) => `@group(0) @binding(${i + 1}) ${buffer}: array<f32>;`),
    helper,
    ...beginMain(winogradWorkgroupSize),
  ];
}

/** The last tile of each axis moves back until it fits the map, so that no load or store is guarded. */
export function placeTile(tile: number): string[] {
  return [
    "let per_map = params.tiles_x * params.tiles_y;",
    "let tile = index % per_map;",
    "let map = index / per_map;",
    "let c = map % params.channels;",
    "let n = map / params.channels;",
    `let tile_x = tile % params.tiles_x * ${tile}u;`,
    `let tile_y = tile / params.tiles_x * ${tile}u;`,
    `let x = min(tile_x, params.width - ${tile}u);`,
    `let y = min(tile_y, params.height - ${tile}u);`,
  ];
}

/** Σ coefficient · term, without the terms and factors that vanish. */
export function sum(coefficients: readonly number[] = [], term: (index: number) => string): string {
  const terms = coefficients.flatMap((factor, i) => {
    if (factor === 0) return [];
    const sign = factor < 0 ? "- " : "+ ";
    return [`${sign}${Math.abs(factor) === 1 ? "" : `${Math.abs(factor)} * `}${term(i)}`];
  });
  return terms.join(" ").replace(/^\+ /, "").replace(/^- /, "-");
}

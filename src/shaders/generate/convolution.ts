// Generates blocked direct convolutions: each invocation keeps a block of outputs in named scalar registers and unrolls the
// taps of a row, because registers are the one memory that every GPU, and SwiftShader, reads for free.

import { type ActivationKind, activationFunction } from "../activations.ts";
import { defineShader, type Shader } from "../shader.ts";
import { declareParams, type Fields, inputFields, outputFields, residualFields } from "./fields.ts";
import { indices } from "./indices.ts";
import { ofTurn, testTurns } from "./of-turn.ts";

export const convolutionWorkgroupSize = 32;

/**
 * What one turn of the shader's loop takes. "row": a row of the kernel's taps, unrolled. "pixel": input channels of a 1×1 kernel. "tap": a
 * few taps of any kernel, whose size and stride come from Params, so that one pipeline serves all. For "pixel" and "tap" the columns of a
 * block are consecutive pixels of the map, across the ends of rows.
 */
export type LoopKind = "row" | "pixel" | "tap";

export interface ConvolutionVariant {
  readonly loop: LoopKind;
  /** For a "row" loop: the taps of one row of the kernel, and the elements between outputs and between taps. Other loops read Params. */
  readonly taps: number;
  readonly stride: number;
  readonly dilation: number;
  /** Outputs per invocation: of so many channels and of one row. */
  readonly block: { readonly channels: number; readonly columns: number };
  /** Taps per turn of a "pixel" or "tap" loop. For a "pixel" loop it divides the number of input channels. */
  readonly unroll?: number;
  readonly activation: ActivationKind;
  /** Lanes per subgroup, where the adapter has one fixed size: each lane loads its share of the weights and hands it on. */
  readonly subgroupSize?: number | undefined;
}

const fields: Fields = [
  ["count", "u32"], // invocations
  ...inputFields, // in_offset: of the first tap of the first output, the border's corner, not the map's
  ...outputFields,
  ...residualFields,
  ["in_channels", "u32"], // per group
  ["out_channels", "u32"], // per group
  ["groups", "u32"],
  ["channel_blocks", "u32"], // per group
  ["block_weights", "u32"], // packed weights of a block
  ["kernel_rows", "u32"],
  ["kernel_columns", "u32"],
  ["stride_y", "u32"],
  ["stride_x", "u32"],
  ["dilation_y", "u32"],
  ["dilation_x", "u32"],
  ["width", "u32"], // of the output
  ["height", "u32"],
  ["column_blocks", "u32"], // per row of blocks; where blocks are of pixels, per map
  ["blocks", "u32"], // per map
  ["positions", "u32"], // per map: blocks, rounded up so that all lanes of a subgroup share their weights
  ["alpha", "f32"], // of the activation
  ["beta", "f32"],
];

/**
 * y[n, o, y, x] = f(bias[o] + Σ w[o, i, ky, kx] · x[n, i, y·sy + ky·dy, x·sx + kx·dx] + residual).
 *
 * Weights are packed [group][channel block][in channel][ky][kx][channel within block], for a "tap" loop with zeros that fill each block
 * up to a multiple of `unroll` taps; bias [group][channel block][channel within block]. The last block of a group reaches back like the
 * outputs' do. A block is at most as large as the output. The input has a zero border as wide as the pads, so no load is tested.
 * Without a residual any buffer may be bound in its place.
 */
export function generateConvolution(variant: ConvolutionVariant): Shader {
  const { block, activation, loop, taps, subgroupSize: lanes } = variant;
  const { channels } = block;
  const kernel = { row: `with ${taps} taps a row / ${variant.stride}`, pixel: "1×1", tap: "tap by tap" }[loop];
  const name = `convolution ${kernel}, block ${channels}×${block.columns}`;
  const points = loop === "row" ? pointsOfRow(variant) : pointsOfPixels(block.columns);
  const code = [
    ...(lanes ? ["enable subgroups;"] : []),
    `// ${name}, ${activation}`,
    ...declareParams(fields),
    "@group(0) @binding(1) var<storage, read> input: array<f32>;",
    "@group(0) @binding(2) var<storage, read> weights: array<f32>;",
    "@group(0) @binding(3) var<storage, read> bias: array<f32>;",
    "@group(0) @binding(4) var<storage, read_write> output: array<f32>;",
    "@group(0) @binding(5) var<storage, read> residual: array<f32>;",
    activationFunction(activation),
    `@compute @workgroup_size(${convolutionWorkgroupSize})`,
    `fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) num_workgroups: vec3u${lanes ? ", @builtin(subgroup_invocation_id) lane: u32" : ""}) {`,
    `let number = id.x + id.y * (num_workgroups.x * ${convolutionWorkgroupSize}u);`,
    // Broadcasts need every lane, so lanes beyond the last block compute that block again.
    ...(lanes ? ["let index = min(number, params.count - 1u);"] : ["if (number >= params.count) { return; }", "let index = number;"]),
    "let position = min(index % params.positions, params.blocks - 1u);",
    "let column_block = position % params.column_blocks;",
    "let by_channel = index / params.positions;",
    "let channel_block = by_channel % params.channel_blocks;",
    "let by_group = by_channel / params.channel_blocks;",
    "let group = by_group % params.groups;",
    "let n = by_group / params.groups;",
    // The last block of each axis moves back until it fits, so no store is guarded. Where two blocks overlap they write the same numbers.
    `let first_channel = min(channel_block * ${channels}u, params.out_channels - ${channels}u);`,
    "let packed_block = group * params.channel_blocks + channel_block;",
    // SwiftShader does not hoist loads of Params out of loops.
    "let in_c = params.in_c;",
    "let in_h = params.in_h;",
    "let in_channels = params.in_channels;",
    "let kernel_rows = params.kernel_rows;",
    "var source = params.in_offset + n * params.in_n + group * params.in_channels * params.in_c;",
    `var weight = packed_block * params.block_weights${lanes ? " + lane" : ""};`,
    ...points.place,
    ...indices(channels).flatMap((o) => points.names.map((p) => `var acc_${o}_${p} = 0.0;`)),
    ...{ row: () => rowLoop(variant), pixel: () => pixelLoop(variant, points.names), tap: () => tapLoop(variant, points.names) }[loop](),
    ...storeBlock(variant, points.names),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/**
 * Writes the block a few channels a turn. Stores are what compilers take longest over: 128 of them took SwiftShader three times as
 * long as all the arithmetic, where a choice among eight accumulators costs next to nothing. Blocks with a residual have a loop of their
 * own: a test or a loop in each turn would cost all others as much as half of their stores. Only a "tap" loop, which must compile quickly,
 * loads a residual that it may not select.
 */
function storeBlock(variant: ConvolutionVariant, points: readonly string[]): string[] {
  const { channels } = variant.block;
  const step = channelsPerStore(channels, points.length);
  const turns = channels / step;
  // Where lanes exchange weights, each lane has its own order of channels in its accumulators.
  const channel = swapsLanes(variant) ? (s: number) => `(first + ${s}u) ^ lane` : (s: number) => `first + ${s}u`;
  const residual = (s: number, p: string) => `residual[residual_to + channel_${s} * residual_c + residual_at_${p}]`;
  const loop = (count: string, added: (s: number, point: string) => string): string[] => [
    `for (var turn = 0u; turn < ${count}; turn++) {`,
    ...testTurns(turns),
    ...indices(step).flatMap((s) => [
      `let channel_${s} = ${channel(s)};`,
      `let bias_${s} = bias[bias_at + channel_${s}];`,
      `let to_${s} = out_to + channel_${s} * out_c;`,
    ]),
    ...indices(step).flatMap((s) =>
      points.map((p) => {
        const sum = ofTurn(indices(turns).map((t) => `acc_${t * step + s}_${p}`));
        return `output[to_${s} + out_at_${p}] = activate(${sum} + bias_${s}${added(s, p)}, alpha, beta);`;
      }),
    ),
    `first += ${step}u;`,
    "}",
  ];
  return [
    "let alpha = params.alpha;",
    "let beta = params.beta;",
    ...["out", "residual"].flatMap((map) => [
      `let ${map}_c = params.${map}_c;`,
      `let ${map}_h = params.${map}_h;`,
      `let ${map}_to = params.${map}_offset + n * params.${map}_n + (group * params.out_channels + first_channel) * ${map}_c;`,
      ...points.map((p) => `let ${map}_at_${p} = y_${p} * ${map}_h + x_${p};`),
    ]),
    `let bias_at = packed_block * ${channels}u;`,
    "var first = 0u;",
    ...(variant.loop === "tap"
      ? [
          "let has_residual = params.residual_count > 0u;",
          ...loop(`${turns}u`, (s, p) => ` + select(0.0, ${residual(s, p)}, has_residual)`),
        ]
      : [
          `let residual_turns = params.residual_count * ${turns}u;`,
          ...loop(`${turns}u - residual_turns`, () => ""),
          ...loop("residual_turns", (s, p) => ` + ${residual(s, p)}`),
        ]),
  ];
}

/** Channels per turn of the storing loop: about 16 stores a turn, and a divisor of the block's channels. */
function channelsPerStore(channels: number, points: number): number {
  const wanted = Math.max(1, Math.floor(16 / points));
  return indices(wanted).reduce((best, i) => (channels % (i + 1) === 0 ? i + 1 : best), 1);
}

interface Points {
  readonly names: readonly string[];
  /** Code that defines x_P and y_P of every point, and moves `source` to the first tap. */
  readonly place: readonly string[];
}

/** Consecutive pixels of the map, across the ends of rows. */
function pointsOfPixels(count: number): Points {
  const names = indices(count).map((p) => `${p}`);
  return {
    names,
    place: [
      "let width = params.width;",
      "let down = params.stride_y * in_h;",
      "let stride_x = params.stride_x;",
      `let first_pixel = min(column_block * ${count}u, width * params.height - ${count}u);`,
      ...names.flatMap((p) => [
        `let y_${p} = (first_pixel + ${p}u) / width;`,
        `let x_${p} = (first_pixel + ${p}u) % width;`,
        `let at_${p} = y_${p} * down + x_${p} * stride_x;`,
      ]),
    ],
  };
}

function pointsOfRow({ block: { columns }, stride }: ConvolutionVariant): Points {
  const place = [
    `let x = min(column_block * ${columns}u, params.width - ${columns}u);`,
    "let y = position / params.column_blocks;",
    `source += y * params.stride_y * in_h + x * ${stride}u;`,
    ...indices(columns).flatMap((c) => [`let x_${c} = x + ${c}u;`, `let y_${c} = y;`]),
  ];
  return { names: indices(columns).map((c) => `${c}`), place };
}

/**
 * Code that reads `count` weights from `weight` on and advances `weight`. With subgroups of n lanes each lane reads every nth weight and
 * hands it to the others: on SwiftShader, where loads are expensive, one load instead of four.
 */
function loadWeights(variant: ConvolutionVariant, count: number): string[] {
  const advance = `weight += ${count}u;`;
  const lanes = variant.subgroupSize;
  if (!lanes) return [...indices(count).map((i) => `let w_${i} = weights[weight + ${i}u];`), advance];
  return [
    ...indices(Math.ceil(count / lanes)).map((i) => `let own_${i} = weights[weight + ${i * lanes}u];`),
    ...indices(count).map((i) => {
      const own = `own_${Math.floor(i / lanes)}`;
      return `let w_${i} = ${swapsLanes(variant) ? swapped(own, i % lanes) : `subgroupBroadcast(${own}, ${i % lanes}u)`};`;
    }),
    advance,
  ];
}

/**
 * Whether lanes exchange weights instead of broadcasting them. In lane l, weight i of four is then that of channel i ^ l, so every lane has
 * the same channels in another order. On SwiftShader an exchange is one instruction, a broadcast five.
 */
export function swapsLanes({ subgroupSize, block }: ConvolutionVariant): boolean {
  return subgroupSize === 4 && block.channels % 4 === 0;
}

/** WGSL of the value that lane `lane ^ distance` holds. */
function swapped(value: string, distance: number): string {
  const swap = ["", "quadSwapX", "quadSwapY", "quadSwapDiagonal"][distance];
  return swap ? `${swap}(${value})` : value;
}

/** Takes `unroll` channels per turn, so that each accumulator is loaded and stored once for all of them. */
function pixelLoop(variant: ConvolutionVariant, points: readonly string[]): string[] {
  const { unroll = 1 } = variant;
  return [
    `for (var channel = 0u; channel < in_channels; channel += ${unroll}u) {`,
    ...indices(unroll).map((u) => `let plane_${u} = source + ${u}u * in_c;`),
    ...addProducts(variant, points),
    `source += ${unroll}u * in_c;`,
    "}",
  ];
}

/**
 * Goes through all taps of a channel, then those of the next, in one loop, `unroll` taps a turn. Turns beyond the last tap read the last
 * input again; their weights are zeros.
 */
function tapLoop(variant: ConvolutionVariant, points: readonly string[]): string[] {
  const { unroll = 1 } = variant;
  const advance = (u: number) => [
    `let plane_${u} = source;`,
    "kx++;",
    `let ends_row_${u} = kx == kernel_columns;`,
    `kx = select(kx, 0u, ends_row_${u});`,
    `ky += select(0u, 1u, ends_row_${u});`,
    `let ends_channel_${u} = ky == kernel_rows;`,
    `ky = select(ky, 0u, ends_channel_${u});`,
    `let step_${u} = select(select(tap_step, row_step, ends_row_${u}), channel_step, ends_channel_${u});`,
    `source += select(step_${u}, 0u, tap + ${u}u >= last);`,
  ];
  return [
    "let kernel_columns = params.kernel_columns;",
    "let tap_step = params.dilation_x;",
    "let row = params.dilation_y * in_h;",
    "let row_step = row - (kernel_columns - 1u) * tap_step;",
    "let channel_step = in_c + row_step - kernel_rows * row;",
    "let last = in_channels * kernel_rows * kernel_columns - 1u;",
    "var kx = 0u;",
    "var ky = 0u;",
    `for (var tap = 0u; tap <= last; tap += ${unroll}u) {`,
    ...indices(unroll).flatMap(advance),
    ...addProducts(variant, points),
    "}",
  ];
}

/** Code that adds the products of the taps that lie at `plane_U` to every accumulator. */
function addProducts(variant: ConvolutionVariant, points: readonly string[]): string[] {
  const { block, unroll = 1 } = variant;
  const turns = indices(unroll);
  return [
    ...turns.flatMap((u) => points.map((p) => `let in_${u}_${p} = input[plane_${u} + at_${p}];`)),
    ...loadWeights(variant, unroll * block.channels),
    ...indices(block.channels).flatMap((o) =>
      points.map((p) =>
        accumulate(
          `acc_${o}_${p}`,
          turns.map((u) => `w_${u * block.channels + o} * in_${u}_${p}`),
        ),
      ),
    ),
  ];
}

/**
 * One statement for all terms, because SwiftShader keeps the sum of one statement in a register and accumulators in memory. The terms are
 * added in order, so all variants round alike, whatever their block and loop.
 */
function accumulate(accumulator: string, terms: readonly string[]): string {
  return `${accumulator} = ${[accumulator, ...terms].join(" + ")};`;
}

/**
 * Goes through the rows of all channels' kernels in one loop and unrolls each row. With two nested loops every accumulator would pass the
 * heads of both, which took a third of the time on SwiftShader.
 */
function rowLoop(variant: ConvolutionVariant): string[] {
  const { taps, stride, dilation, block } = variant;
  const columns = new Set(indices(block.columns).flatMap((c) => indices(taps).map((k) => c * stride + k * dilation)));
  return [
    "let row_step = params.dilation_y * in_h;",
    "let channel_step = in_c - (kernel_rows - 1u) * row_step;",
    "let rows = in_channels * kernel_rows;",
    "var ky = 0u;",
    "for (var row = 0u; row < rows; row++) {",
    ...loadWeights(variant, taps * block.channels),
    ...[...columns].sort((a, b) => a - b).map((column) => `let in_${column} = input[source + ${column}u];`),
    ...indices(block.channels).flatMap((o) =>
      indices(block.columns).map((c) => {
        const terms = indices(taps).map((k) => `w_${k * block.channels + o} * in_${c * stride + k * dilation}`);
        return accumulate(`acc_${o}_${c}`, terms);
      }),
    ),
    "ky++;",
    "let is_last = ky == kernel_rows;",
    "source += select(row_step, channel_step, is_last);",
    "ky = select(ky, 0u, is_last);",
    "}",
  ];
}

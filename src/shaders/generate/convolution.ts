// Generates blocked direct convolutions: each invocation keeps a block of outputs in named scalar registers
// and unrolls the taps, because registers are the one memory that every GPU, and SwiftShader, reads for free.
import { defineShader, type ParamField, type Shader } from "../shader.ts";
import { type ActivationKind, activationFunction } from "./activation.ts";
import { range } from "./range.ts";

export const convolutionWorkgroupSize = 32;

export interface ConvolutionVariant {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Outputs per invocation. With `loopRows`, or a 1×1 kernel, rows must be 1. */
  readonly block: { readonly channels: number; readonly rows: number; readonly columns: number };
  /** Walk the kernel's rows in a loop instead of unrolling them, for kernels too large to unroll. */
  readonly loopRows: boolean;
  /** Input channels per turn of the loop; divides their number. Only for 1×1 kernels. */
  readonly unroll?: number;
  readonly activation: ActivationKind;
  readonly hasResidual: boolean;
  /** Lanes per subgroup, where the adapter has one fixed size: each lane loads its share of the weights and broadcasts it. */
  readonly subgroupSize?: number | undefined;
}

const fields: readonly (readonly [string, ParamField["type"]])[] = [
  ["count", "u32"], // invocations
  ["in_offset", "u32"], // of the first tap of the first output: the border's corner, not the map's
  ["in_n", "u32"], // strides, in elements; along w it is always 1
  ["in_c", "u32"],
  ["in_h", "u32"],
  ["out_offset", "u32"],
  ["out_n", "u32"],
  ["out_c", "u32"],
  ["out_h", "u32"],
  ["residual_offset", "u32"],
  ["residual_n", "u32"],
  ["residual_c", "u32"],
  ["residual_h", "u32"],
  ["in_channels", "u32"], // per group
  ["out_channels", "u32"], // per group
  ["groups", "u32"],
  ["channel_blocks", "u32"], // per group
  ["width", "u32"], // of the output
  ["height", "u32"],
  ["column_blocks", "u32"], // per row of blocks; for 1×1 kernels, blocks of pixels per map
  ["blocks", "u32"], // per map
  ["positions", "u32"], // per map: blocks, rounded up so that all lanes of a subgroup share their weights
  ["alpha", "f32"], // of the activation
  ["beta", "f32"],
];

/**
 * y[n, o, y, x] = f(bias[o] + Σ w[o, i, ky, kx] · x[n, i, y·sy + ky·dy, x·sx + kx·dx] + residual).
 *
 * Weights are packed [group][channel block][in channel][ky][kx][channel within block], bias [group][channel block][channel
 * within block], the last block of a group reaching back like the outputs' do. A block is at most as large as the output. The input has a zero border as wide as the pads, so no load is tested.
 */
export function generateConvolution(variant: ConvolutionVariant): Shader {
  const { block, activation, hasResidual } = variant;
  const isPointwise = variant.kernel[0] * variant.kernel[1] === 1;
  const name = `convolution ${variant.kernel.join("×")} / ${variant.strides.join("×")}, block ${block.channels}×${block.rows}×${block.columns}`;
  const points = isPointwise ? pointsOfPixels(block.columns, variant.strides) : pointsOfBlock(block.rows, block.columns, variant.strides);
  const channels = range(block.channels);
  const lanes = variant.subgroupSize;
  const { unroll = 1 } = variant;
  const code = [
    ...(lanes ? ["enable subgroups;"] : []),
    `// ${name}, ${activation}${hasResidual ? ", residual" : ""}`,
    "struct Params {",
    ...fields.map(([field, type]) => `${field}: ${type},`),
    "}",
    "@group(0) @binding(0) var<uniform> params: Params;",
    "@group(0) @binding(1) var<storage, read> input: array<f32>;",
    "@group(0) @binding(2) var<storage, read> weights: array<f32>;",
    "@group(0) @binding(3) var<storage, read> bias: array<f32>;",
    "@group(0) @binding(4) var<storage, read_write> output: array<f32>;",
    hasResidual ? "@group(0) @binding(5) var<storage, read> residual: array<f32>;" : "",
    activationFunction(activation),
    `@compute @workgroup_size(${convolutionWorkgroupSize})`,
    `fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>${lanes ? ", @builtin(subgroup_invocation_id) lane: u32" : ""}) {`,
    `let number = id.x + id.y * (num_workgroups.x * ${convolutionWorkgroupSize}u);`,
    // Broadcasts want every lane alive: those in excess repeat the last block.
    ...(lanes ? ["let index = min(number, params.count - 1u);"] : ["if (number >= params.count) { return; }", "let index = number;"]),
    "let position = min(index % params.positions, params.blocks - 1u);",
    "let column_block = position % params.column_blocks;",
    "let row_block = position / params.column_blocks;",
    "let by_channel = index / params.positions;",
    "let channel_block = by_channel % params.channel_blocks;",
    "let by_group = by_channel / params.channel_blocks;",
    "let group = by_group % params.groups;",
    "let n = by_group / params.groups;",
    // The last block of each axis moves back until it fits, so nothing is guarded: what two blocks compute is the same.
    `let first_channel = min(channel_block * ${block.channels}u, params.out_channels - ${block.channels}u);`,
    "let packed_block = group * params.channel_blocks + channel_block;",
    // SwiftShader does not hoist loads of Params out of loops.
    "let in_c = params.in_c;",
    "let in_h = params.in_h;",
    "let in_channels = params.in_channels;",
    "var source = params.in_offset + n * params.in_n + group * params.in_channels * params.in_c;",
    `var weight = packed_block * params.in_channels * ${variant.kernel[0] * variant.kernel[1] * block.channels}u;`,
    ...points.place,
    ...channels.flatMap((o) => points.names.map((p) => `var acc_${o}_${p} = 0.0;`)),
    `for (var channel = 0u; channel < in_channels; channel += ${unroll}u) {`,
    ...(isPointwise ? pointwiseBody(variant, points.names, unroll) : variant.loopRows ? rowLoopBody(variant) : unrolledBody(variant)),
    `source += ${unroll}u * in_c; weight += ${unroll * variant.kernel[0] * variant.kernel[1] * block.channels}u;`,
    "}",
    "let alpha = params.alpha;",
    "let beta = params.beta;",
    ...targets("out", "to", block.channels, points.names),
    ...(hasResidual ? targets("residual", "add", block.channels, points.names) : []),
    ...channels.flatMap((o) => [
      `let bias_${o} = bias[packed_block * ${block.channels}u + ${o}u];`,
      ...points.names.map((p) => {
        const sum = `acc_${o}_${p} + bias_${o}${hasResidual ? ` + residual[add_${o} + add_at_${p}]` : ""}`;
        return `output[to_${o} + to_at_${p}] = activate(${sum}, alpha, beta);`;
      }),
    ]),
    "}",
  ].join("\n");
  return defineShader(name, code);
}

/** Code that defines `NAME_O`, where each channel's map starts, and `NAME_at_P`, where each point lies in any map. */
function targets(prefix: "out" | "residual", name: string, channels: number, points: readonly string[]): string[] {
  return [
    `let ${name}_c = params.${prefix}_c;`,
    `let ${name}_h = params.${prefix}_h;`,
    `let ${name}_0 = params.${prefix}_offset + n * params.${prefix}_n + (group * params.out_channels + first_channel) * ${name}_c;`,
    ...range(channels - 1).map((o) => `let ${name}_${o + 1} = ${name}_${o} + ${name}_c;`),
    ...points.map((p) => `let ${name}_at_${p} = y_${p} * ${name}_h + x_${p};`),
  ];
}

interface Points {
  readonly names: readonly string[];
  /** Code that defines x_P and y_P of every point, and moves `source` to the first tap. */
  readonly place: readonly string[];
}

/** Consecutive pixels of the map, over row ends: a 1×1 kernel does not care for neighbours. */
function pointsOfPixels(count: number, [sy, sx]: readonly [number, number]): Points {
  const names = range(count).map((p) => `${p}`);
  return {
    names,
    place: [`let first_pixel = min(column_block * ${count}u, params.width * params.height - ${count}u);`].concat(
      names.flatMap((p) => [
        `let y_${p} = (first_pixel + ${p}u) / params.width;`,
        `let x_${p} = (first_pixel + ${p}u) % params.width;`,
        `let at_${p} = y_${p} * ${sy}u * in_h + x_${p} * ${sx}u;`,
      ]),
    ),
  };
}

function pointsOfBlock(rows: number, columns: number, [sy, sx]: readonly [number, number]): Points {
  const place = [
    `let first_x = min(column_block * ${columns}u, params.width - ${columns}u);`,
    `let first_y = min(row_block * ${rows}u, params.height - ${rows}u);`,
    `source += first_y * ${sy}u * in_h + first_x * ${sx}u;`,
    ...range(rows).flatMap((r) =>
      range(columns).flatMap((c) => {
        const p = `${r}_${c}`;
        return [`let x_${p} = first_x + ${c}u;`, `let y_${p} = first_y + ${r}u;`];
      }),
    ),
  ];
  return { names: range(rows).flatMap((r) => range(columns).map((c) => `${r}_${c}`)), place };
}

/**
 * Code that reads `count` weights from `at` on, and names for them. With subgroups each lane reads every so-manyth and
 * hands it to the others: one load instead of four on SwiftShader, where loads are what costs.
 */
function loadWeights(
  { subgroupSize }: ConvolutionVariant,
  at: string,
  count: number,
): { lines: string[]; weight: (index: number) => string } {
  const weight = (index: number) => `w_${index}`;
  if (!subgroupSize) return { lines: range(count).map((i) => `let w_${i} = weights[${at} + ${i}u];`), weight };
  return {
    lines: [
      ...range(Math.ceil(count / subgroupSize)).map((i) => `let own_${i} = weights[${at} + ${i * subgroupSize}u + lane];`),
      ...range(count).map((i) => `let w_${i} = subgroupBroadcast(own_${Math.floor(i / subgroupSize)}, ${i % subgroupSize}u);`),
    ],
    weight,
  };
}

/** Takes `unroll` channels at a time, so that each accumulator is fetched and stored once for all of them. */
function pointwiseBody(variant: ConvolutionVariant, points: readonly string[], unroll: number): string[] {
  const { block } = variant;
  const turns = range(unroll);
  const { lines, weight } = loadWeights(variant, "weight", unroll * block.channels);
  return [
    ...turns.flatMap((u) => points.map((p) => `let in_${u}_${p} = input[source + ${u}u * in_c + at_${p}];`)),
    ...lines,
    ...range(block.channels).flatMap((o) =>
      points.map((p) => `acc_${o}_${p} += ${turns.map((u) => `${weight(u * block.channels + o)} * in_${u}_${p}`).join(" + ")};`),
    ),
  ];
}

/** Loads each input once; one long sum per accumulator, because SwiftShader keeps a sum in a register and accumulators in memory. */
function unrolledBody(variant: ConvolutionVariant): string[] {
  const { kernel, strides, dilations, block } = variant;
  const [kh, kw] = kernel;
  const { lines: loads, weight } = loadWeights(variant, "weight", kh * kw * block.channels);
  const rows = new Set(range(block.rows).flatMap((r) => range(kh).map((ky) => r * strides[0] + ky * dilations[0])));
  const taps = range(kh).flatMap((ky) => range(kw).map((kx) => ({ ky, kx })));
  return [
    ...loads,
    ...[...rows].sort((a, b) => a - b).flatMap((row) => loadRow(variant, `${row}`, `source + ${row}u * in_h`)),
    ...range(block.channels).flatMap((o) =>
      range(block.rows).flatMap((r) =>
        range(block.columns).map((c) => {
          const terms = taps.map(({ ky, kx }) => {
            const input = `in_${r * strides[0] + ky * dilations[0]}_${c * strides[1] + kx * dilations[1]}`;
            return `${weight((ky * kw + kx) * block.channels + o)} * ${input}`;
          });
          return `acc_${o}_${r}_${c} += ${terms.join(" + ")};`;
        }),
      ),
    ),
  ];
}

function rowLoopBody(variant: ConvolutionVariant): string[] {
  const { kernel, strides, dilations, block } = variant;
  const { lines: loads, weight } = loadWeights(variant, "tap", kernel[1] * block.channels);
  return [
    `for (var ky = 0u; ky < ${kernel[0]}u; ky++) {`,
    `let row_at = source + ky * ${dilations[0]}u * in_h;`,
    `let tap = weight + ky * ${kernel[1] * block.channels}u;`,
    ...loads,
    ...loadRow(variant, "k", "row_at"),
    ...range(block.channels).flatMap((o) =>
      range(block.columns).map((c) => {
        const terms = range(kernel[1]).map((kx) => `${weight(kx * block.channels + o)} * in_k_${c * strides[1] + kx * dilations[1]}`);
        return `acc_${o}_0_${c} += ${terms.join(" + ")};`;
      }),
    ),
    "}",
  ];
}

function loadRow({ kernel, strides, dilations, block }: ConvolutionVariant, row: string, at: string): string[] {
  const columns = new Set(range(block.columns).flatMap((c) => range(kernel[1]).map((kx) => c * strides[1] + kx * dilations[1])));
  return [...columns].sort((a, b) => a - b).map((column) => `let in_${row}_${column} = input[${at} + ${column}u];`);
}

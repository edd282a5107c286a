// Convolution as a matrix product of weights [O, K] and the input's patches [K, N], for GPUs with many lanes and fast workgroup memory.
//
//   y[n, o, p] = f(Σ over k of w[o, k] · x[base(n, p) + offset(k)] + bias[o] + residual[n, o, p])
//
// K counts in channels × kernel rows × kernel columns, N pictures × pixels. The patches are never written out: a table gives each k its
// distance from a patch's first element. The input has a zero border as wide as the pads. Weights are [group, block of 64, K, 64].
// A workgroup computes 64 channels × 64 pixels, an invocation 4 × 4; STEP values of k at a time pass through workgroup memory.
// Where tiles are few, slices of K are summed by workgroups of their own, side by side in the output; sum-slices.wgsl adds them up.

const TILE = 64u;
const STEP = 16u;

struct Params {
  channels: u32, // O, per group
  blocks: u32, // of 64 channels, per group
  groups: u32,
  depth: u32, // K, filled up to whole steps of all slices
  slice_depth: u32, // what one slice takes of it
  points: u32, // N
  pixels: u32, // of an output map
  width: u32, // of the output
  stride_x: u32,
  in_offset: u32, // of the first tap of the first output
  in_n: u32, // strides in elements
  in_group: u32,
  in_y: u32, // between rows of outputs
  out_offset: u32,
  out_slice: u32,
  out_n: u32,
  out_c: u32,
  out_h: u32,
  residual_offset: u32,
  residual_n: u32,
  residual_c: u32,
  residual_h: u32,
  residual_count: u32, // 0 or 1
  activation: u32, // its number in activations.ts
  alpha: f32,
  beta: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> offsets: array<u32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> output: array<f32>;

var<workgroup> left: array<vec4<f32>, 256>; // [STEP][16] groups of 4 channels
var<workgroup> right: array<f32, 1024>; // [STEP][TILE]

@compute @workgroup_size(256)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let number = workgroup_id.x + workgroup_id.y * num_workgroups.x;
  let tiles = (params.points + TILE - 1u) / TILE;
  let first_point = number % tiles * TILE;
  let all_blocks = params.groups * params.blocks;
  let weight_block = number / tiles % all_blocks;
  let group = weight_block / params.blocks;
  let channel_block = weight_block % params.blocks;
  let slice = number / (tiles * all_blocks);
  if (slice * params.slice_depth >= params.depth) {
    return;
  }

  // What this invocation loads into workgroup memory in each turn: weights of four channels, and elements of one patch.
  let loaded_point = min(first_point + local % TILE, params.points - 1u);
  let loaded_pixel = loaded_point % params.pixels;
  let patch_at = params.in_offset + loaded_point / params.pixels * params.in_n + group * params.in_group
    + loaded_pixel / params.width * params.in_y + loaded_pixel % params.width * params.stride_x;
  let loaded_k = local / TILE;
  let quad = local % 16u * 4u;
  let quad_k = local / 16u;

  let own_channels = local / 16u;
  let own_point = local % 16u;
  var sum_0 = vec4<f32>();
  var sum_1 = vec4<f32>();
  var sum_2 = vec4<f32>();
  var sum_3 = vec4<f32>();
  let depth = params.depth;
  let slice_depth = params.slice_depth;
  let weights_at = weight_block * depth;
  for (var k = slice * slice_depth; k < (slice + 1u) * slice_depth; k += STEP) {
    let w = (weights_at + k + quad_k) * TILE + quad;
    left[local] = vec4<f32>(weights[w], weights[w + 1u], weights[w + 2u], weights[w + 3u]);
    for (var row = loaded_k; row < STEP; row += 4u) {
      right[row * TILE + local % TILE] = input[patch_at + offsets[k + row]];
    }
    workgroupBarrier();
    for (var i = 0u; i < STEP; i++) {
      let w_i = left[i * 16u + own_channels];
      let x_i = i * TILE + own_point;
      sum_0 += w_i * right[x_i];
      sum_1 += w_i * right[x_i + 16u];
      sum_2 += w_i * right[x_i + 32u];
      sum_3 += w_i * right[x_i + 48u];
    }
    workgroupBarrier();
  }

  let sums = array<vec4<f32>, 4>(sum_0, sum_1, sum_2, sum_3);
  for (var j = 0u; j < 4u; j++) {
    let point = first_point + own_point + j * 16u;
    let pixel = point % params.pixels;
    let n = point / params.pixels;
    let y = pixel / params.width;
    let x = pixel % params.width;
    for (var i = 0u; i < 4u; i++) {
      let in_group = channel_block * TILE + own_channels * 4u + i;
      if ((in_group < params.channels) & (point < params.points)) {
        let channel = group * params.channels + in_group;
        var value = sums[j][i] + bias[channel];
        for (var r = 0u; r < params.residual_count; r++) {
          value += residual[params.residual_offset + n * params.residual_n + channel * params.residual_c + y * params.residual_h + x];
        }
        output[params.out_offset + slice * params.out_slice + n * params.out_n + channel * params.out_c + y * params.out_h + x] =
          activate_as(params.activation, value, params.alpha, params.beta);
      }
    }
  }
}

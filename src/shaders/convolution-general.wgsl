// Convolution of any case: up to three spatial axes (d, h, w; missing ones have extent 1), any stride, dilation, pads, groups.
//
//   y[n, o, p] = f(bias[o] + Σ w[o, i, k] · x[n, i, p·stride + k·dilation − pad] + residual[n, o, p])
//
// NCDHW; weights in ONNX's order [group · out_channels, in_channels, kd, kh, kw].
// One invocation computes four consecutive output channels of one group at one point.

override HAS_BIAS: bool = false;
override HAS_RESIDUAL: bool = false;
override ACTIVATION: u32 = 0u; // its number in activations.ts
const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // invocations
  groups: u32,
  in_channels: u32, // per group
  out_channels: u32, // per group
  channel_blocks: u32, // of four, per group
  in_offset: u32, // all offsets and strides in elements
  in_n: u32,
  in_c: u32,
  out_offset: u32,
  out_n: u32,
  out_c: u32,
  residual_offset: u32,
  residual_n: u32,
  residual_c: u32,
  alpha: f32, // of the activation
  beta: f32,
  in_strides: vec4<u32>, // d, h, w, unused; so are all that follow
  out_strides: vec4<u32>,
  residual_strides: vec4<u32>,
  in_extent: vec4<i32>,
  out_extent: vec4<u32>,
  kernel: vec4<i32>,
  stride: vec4<i32>,
  dilation: vec4<i32>,
  pad: vec4<i32>, // before the first element
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let w = index % params.out_extent.z;
  let by_row = index / params.out_extent.z;
  let h = by_row % params.out_extent.y;
  let by_plane = by_row / params.out_extent.y;
  let d = by_plane % params.out_extent.x;
  let by_block = by_plane / params.out_extent.x;
  let first = (by_block % params.channel_blocks) * 4u;
  let by_group = by_block / params.channel_blocks;
  let group = by_group % params.groups;
  let n = by_group / params.groups;

  let point = vec3<u32>(d, h, w);
  let start = vec3<i32>(point) * params.stride.xyz - params.pad.xyz;
  let taps = u32(params.kernel.x * params.kernel.y * params.kernel.z);
  let per_output = params.in_channels * taps;
  // Channels beyond the last reread it; they are not written.
  let last = params.out_channels - 1u;
  let rows = (vec4<u32>(group * params.out_channels) + min(vec4<u32>(first) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last))) * per_output;

  var sum = vec4<f32>(0.0);
  for (var channel = 0u; channel < params.in_channels; channel++) {
    let plane = params.in_offset + n * params.in_n + (group * params.in_channels + channel) * params.in_c;
    var tap = channel * taps;
    for (var kd = 0; kd < params.kernel.x; kd++) {
      for (var kh = 0; kh < params.kernel.y; kh++) {
        for (var kw = 0; kw < params.kernel.z; kw++) {
          let at = start + vec3<i32>(kd, kh, kw) * params.dilation.xyz;
          let is_inside = all((at >= vec3<i32>(0)) & (at < params.in_extent.xyz));
          let clamped = vec3<u32>(clamp(at, vec3<i32>(0), params.in_extent.xyz - 1));
          let offset = clamped * params.in_strides.xyz;
          let x = select(0.0, input[plane + offset.x + offset.y + offset.z], is_inside);
          sum += x * vec4<f32>(weights[rows.x + tap], weights[rows.y + tap], weights[rows.z + tap], weights[rows.w + tap]);
          tap++;
        }
      }
    }
  }

  let out_point = point * params.out_strides.xyz;
  let add_point = point * params.residual_strides.xyz;
  for (var o = 0u; o < 4u; o++) {
    let channel = first + o;
    if (channel < params.out_channels) {
      let whole = group * params.out_channels + channel;
      var value = sum[o];
      if (HAS_BIAS) {
        value += bias[whole];
      }
      if (HAS_RESIDUAL) {
        value += residual[params.residual_offset + n * params.residual_n + whole * params.residual_c + add_point.x + add_point.y + add_point.z];
      }
      output[params.out_offset + n * params.out_n + whole * params.out_c + out_point.x + out_point.y + out_point.z] =
        activate_as(ACTIVATION, value, params.alpha, params.beta);
    }
  }
}

// Finishes a product whose depth was summed in slices: adds them up and applies a convolution's epilogue.
//
//   y[n, o, p] = f(Σ over s of x[s, o, n, p] + bias[o] + residual[n, o, p])
//
// One invocation computes one output.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // outputs, and what a slice holds
  slices: u32,
  channels: u32,
  pixels: u32, // of a map
  width: u32,
  points: u32, // pictures × pixels
  out_offset: u32,
  out_n: u32, // strides in elements
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
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let channel = index / params.points;
  let point = index % params.points;
  let n = point / params.pixels;
  let y = point % params.pixels / params.width;
  let x = point % params.pixels % params.width;
  let count = params.count;
  var value = bias[channel];
  for (var slice = 0u; slice < params.slices; slice++) {
    value += sums[slice * count + index];
  }
  for (var r = 0u; r < params.residual_count; r++) {
    value += residual[params.residual_offset + n * params.residual_n + channel * params.residual_c + y * params.residual_h + x];
  }
  output[params.out_offset + n * params.out_n + channel * params.out_c + y * params.out_h + x] =
    activate_as(params.activation, value, params.alpha, params.beta);
}

// ReduceLogSumExp, through the strides the input has.
//
//   y[o] = log Σ over r of exp(x[o, r]) = m + log Σ exp(x[o, r] − m), where m is the largest x seen so far
//
// o counts the kept axes and r the reduced ones, each up to four after merging. The output is dense.
// One invocation computes one output.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // outputs
  length: u32, // inputs per output
  input_offset: u32,
  log_of_zero: f32, // −∞, which WGSL cannot write
  kept_extent: vec4<u32>,
  kept_strides: vec4<u32>,
  reduced_extent: vec4<u32>,
  reduced_strides: vec4<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

fn offset_of(index: u32, extent: vec4<u32>, strides: vec4<u32>) -> u32 {
  let z = index / extent.w;
  let y = z / extent.z;
  let x = y / extent.y;
  return dot(vec4<u32>(x, y % extent.y, z % extent.z, index % extent.w), strides);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let base = params.input_offset + offset_of(index, params.kept_extent, params.kept_strides);
  var highest = -3.4028234e38;
  var sum = 0.0;
  var seen = 0.0; // NaN, if there is one
  for (var r = 0u; r < params.length; r++) {
    let value = input[base + offset_of(r, params.reduced_extent, params.reduced_strides)];
    let higher = max(highest, value);
    sum = sum * exp(highest - higher) + exp(value - higher);
    highest = higher;
    seen = select(seen, value, is_nan(value));
  }
  // Some drivers' log(0) is finite, and ∞ − ∞ is NaN.
  let finite = select(highest + log(sum), params.log_of_zero, sum == 0.0);
  output[index] = select(select(finite, highest, highest > 3.4028234e38), seen, is_nan(seen));
}

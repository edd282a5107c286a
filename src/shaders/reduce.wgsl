// Reduction over any axes, through the strides the input has.
//
//   y[o] = finish(combine over r of term(x[o, r]) · scale)
//   term: x, |x|, x² or |x|^p;  combine: sum, maximum, minimum or product;  finish: nothing, √, log or the p-th root
//
// o counts the kept axes and r the reduced ones, each up to four after merging. The output is dense.
// LANES invocations share one output and meet once in workgroup memory; a workgroup computes 64 / LANES outputs.

override TERM: u32 = 0u; // 0 x, 1 |x|, 2 x², 3 |x|^p
override COMBINE: u32 = 0u; // 0 sum, 1 maximum, 2 minimum, 3 product
override FINISH: u32 = 0u; // 0 nothing, 1 √, 2 log, 3 p-th root
override LANES: u32 = 1u; // a power of two up to 64
override FLAT: bool = false; // the reduced axes are one, of extent and stride reduced_extent.w and reduced_strides.w
const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // outputs
  length: u32, // inputs per output
  input_offset: u32,
  initial: f32, // the combination of nothing: 0, −∞, ∞ or 1
  scale: f32, // 1 / length for a mean, else 1
  p: f32,
  log_of_zero: f32, // −∞, which WGSL cannot write, nor NaN
  not_a_number: f32,
  kept_extent: vec4<u32>,
  kept_strides: vec4<u32>,
  reduced_extent: vec4<u32>,
  reduced_strides: vec4<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

fn pow_or_nan(x: f32, y: f32) -> f32 {
  return select(pow(x, y), x, is_nan(x));
}

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn offset_of(index: u32, extent: vec4<u32>, strides: vec4<u32>) -> u32 {
  let z = index / extent.w;
  let y = z / extent.z;
  let x = y / extent.y;
  return dot(vec4<u32>(x, y % extent.y, z % extent.z, index % extent.w), strides);
}

fn combine(a: f32, b: f32) -> f32 {
  let extreme = select(larger(a, b), smaller(a, b), COMBINE == 2u);
  return select(select(extreme, a * b, COMBINE == 3u), a + b, COMBINE == 0u);
}

fn term(x: f32, p: f32) -> f32 {
  if (TERM == 3u) {
    return pow_or_nan(abs(x), p);
  }
  return select(select(x * x, abs(x), TERM == 1u), x, TERM == 0u);
}

fn place(r: u32, extent: vec4<u32>, strides: vec4<u32>) -> u32 {
  if (FLAT) { return r * strides.w; }
  return offset_of(r, extent, strides);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let lane = local % LANES;
  let index = (workgroup_id.x + workgroup_id.y * num_workgroups.x) * (WORKGROUP_SIZE / LANES) + local / LANES;
  let base = params.input_offset + offset_of(min(index, params.count - 1u), params.kept_extent, params.kept_strides);
  let length = params.length;
  let extent = params.reduced_extent;
  let strides = params.reduced_strides;
  let p = params.p;
  var result = params.initial;
  var r = lane;
  for (; r + 3u * LANES < length; r += 4u * LANES) {
    let x0 = input[base + place(r, extent, strides)];
    let x1 = input[base + place(r + LANES, extent, strides)];
    let x2 = input[base + place(r + 2u * LANES, extent, strides)];
    let x3 = input[base + place(r + 3u * LANES, extent, strides)];
    result = combine(combine(combine(combine(result, term(x0, p)), term(x1, p)), term(x2, p)), term(x3, p));
  }
  for (; r < length; r += LANES) {
    result = combine(result, term(input[base + place(r, extent, strides)], p));
  }
  if (LANES > 1u) {
    partial[local] = result;
    workgroupBarrier();
    if (lane > 0u) {
      return;
    }
    for (var other = 1u; other < LANES; other++) {
      result = combine(result, partial[local + other]);
    }
  }
  if (index >= params.count) {
    return;
  }
  result *= params.scale;
  if (FINISH == 1u) {
    result = sqrt(result);
  }
  if (FINISH == 2u) {
    // Some drivers' log(0) is finite, and their log of less a number.
    result = select(select(log_or_nan(result), params.log_of_zero, result == 0.0), params.not_a_number, result < 0.0);
  }
  if (FINISH == 3u) {
    result = pow_or_nan(result, 1.0 / params.p);
  }
  output[index] = result;
}

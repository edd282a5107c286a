// Pooling with a sliding window over up to three axes, NCDHW; missing axes have extent 1.
//
//   max      y[n,c,o] = max x[n,c,i]             over the taps inside the input
//   average  y[n,c,o] = Σ x[n,c,i] / taps counted
//   Lp       y[n,c,o] = (Σ |x[n,c,i]|^p)^(1/p)
//   where i = o · stride − pad + tap · dilation along each axis.
//
// One invocation computes one output.

override KIND: u32 = 0u; // 0 max, 1 average, 2 Lp
const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // output elements
  channels: u32,
  input_offset: u32,
  output_offset: u32,
  input_stride_n: u32,
  output_stride_n: u32,
  p: f32, // the norm's order
  input_strides: vec4<u32>, // c, d, h, w
  output_strides: vec4<u32>, // c, d, h, w
  input_extent: vec3<i32>, // d, h, w, as all that follow
  output_extent: vec3<u32>,
  kernel: vec3<i32>,
  window_stride: vec3<i32>,
  dilation: vec3<i32>,
  pad: vec3<i32>, // before the first element
  counted_from: vec3<i32>, // taps in [counted_from, counted_to) make the average's divisor
  counted_to: vec3<i32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

fn pow_or_nan(x: f32, y: f32) -> f32 {
  return select(pow(x, y), x, is_nan(x));
}

// How many taps of a window that begins at `start` lie before the coordinate `bound`.
fn taps_before(bound: vec3<i32>, start: vec3<i32>) -> vec3<i32> {
  return clamp((bound - start + params.dilation - 1) / params.dilation, vec3<i32>(0), params.kernel);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let extent = params.output_extent;
  let w = index % extent.z;
  let h = (index / extent.z) % extent.y;
  let d = (index / (extent.z * extent.y)) % extent.x;
  let plane = index / (extent.z * extent.y * extent.x);
  let c = plane % params.channels;
  let n = plane / params.channels;

  let start = vec3<i32>(vec3<u32>(d, h, w)) * params.window_stride - params.pad;
  let base = params.input_offset + n * params.input_stride_n + c * params.input_strides.x;
  // Taps before `first` and from `end` on lie in the padding, however large the kernel: they add nothing and are skipped.
  let first = taps_before(vec3<i32>(0), start);
  let end = taps_before(params.input_extent, start);
  var highest = -3.4028234e38;
  var sum = 0.0;
  for (var kd = first.x; kd < end.x; kd++) {
    for (var kh = first.y; kh < end.y; kh++) {
      for (var kw = first.z; kw < end.z; kw++) {
        let at = vec3<u32>(start + vec3<i32>(kd, kh, kw) * params.dilation);
        let value = input[base + at.x * params.input_strides.y + at.y * params.input_strides.z + at.z * params.input_strides.w];
        highest = larger(highest, value);
        sum += select(value, pow_or_nan(abs(value), params.p), KIND == 2u);
      }
    }
  }
  let counted = vec3<f32>(taps_before(params.counted_to, start) - taps_before(params.counted_from, start));
  var result = highest;
  if (KIND == 1u) {
    result = sum / (counted.x * counted.y * counted.z);
  }
  if (KIND == 2u) {
    result = pow_or_nan(sum, 1.0 / params.p);
  }
  let target_offset = params.output_offset + n * params.output_stride_n + c * params.output_strides.x;
  output[target_offset + d * params.output_strides.y + h * params.output_strides.z + w * params.output_strides.w] = result;
}

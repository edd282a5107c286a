// Resampling along up to three axes as a weighted sum of taps; [outer, a, b, c] through strides.
//
//   y[o, i, j, k] = Σ over the taps of i, j and k of weight · x[o, tap i, tap j, tap k] + fill · (1 − Σ weights)
//
// `taps` holds, per output coordinate of each resized axis, the input coordinates it reads and their weights (as bits): one for nearest
// neighbour, two for linear, four for cubic. A coordinate outside the picture has no weight and so takes `fill`.
// One invocation computes one output.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // output elements
  input_offset: u32,
  output_offset: u32,
  fill: f32,
  output_extent: vec4<u32>,
  input_strides: vec4<u32>,
  output_strides: vec4<u32>,
  tap_count: vec3<u32>, // per output coordinate of a, b, c
  tap_start: vec3<u32>, // where each axis begins in `taps`
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> taps: array<vec2<u32>>; // input coordinate, weight
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let extent = params.output_extent;
  let z = index / extent.w;
  let y = z / extent.z;
  let place = vec4<u32>(y / extent.y, y % extent.y, z % extent.z, index % extent.w);
  let first = params.tap_start + place.yzw * params.tap_count;
  let base = params.input_offset + place.x * params.input_strides.x;
  var sum = 0.0;
  var weights = 0.0;
  for (var i = 0u; i < params.tap_count.x; i++) {
    let tap_a = taps[first.x + i];
    let base_a = base + tap_a.x * params.input_strides.y;
    let weight_a = bitcast<f32>(tap_a.y);
    for (var j = 0u; j < params.tap_count.y; j++) {
      let tap_b = taps[first.y + j];
      let base_b = base_a + tap_b.x * params.input_strides.z;
      let weight_b = weight_a * bitcast<f32>(tap_b.y);
      for (var k = 0u; k < params.tap_count.z; k++) {
        let tap_c = taps[first.z + k];
        let weight = weight_b * bitcast<f32>(tap_c.y);
        sum += weight * input[base_b + tap_c.x * params.input_strides.w];
        weights += weight;
      }
    }
  }
  output[params.output_offset + dot(place, params.output_strides)] = sum + params.fill * (1.0 - weights);
}

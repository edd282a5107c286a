// LRN: local response normalisation across channels, [n, c, plane] through strides.
//
//   y[n, c, i] = x[n, c, i] / (bias + alpha / size · Σ over the window around c of x²)^beta
//
// The window holds `size` channels, one more after c than before where size is even, clipped to those there are.
// One invocation computes four channels of one point, whose windows overlap.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // invocations: n · ceil(channels / 4) · height · width
  channels: i32,
  before: i32, // channels of the window before its own
  after: i32,
  alpha: f32, // already divided by size
  beta: f32,
  bias: f32,
  input_offset: u32,
  output_offset: u32,
  extent: vec2<u32>, // height, width
  input_strides: vec4<u32>, // n, c, h, w
  output_strides: vec4<u32>, // n, c, h, w
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

fn pow_or_nan(x: f32, y: f32) -> f32 {
  return select(pow(x, y), x, is_nan(x));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let extent = params.extent;
  let blocks = u32(params.channels + 3) / 4u;
  let plane = index / (extent.x * extent.y);
  let place = vec4<u32>(plane / blocks, 0u, (index / extent.y) % extent.x, index % extent.y);
  let channel = i32(plane % blocks) * 4;
  let own = channel + vec4<i32>(0, 1, 2, 3);
  let base = params.input_offset + dot(place, params.input_strides);

  var sums = vec4<f32>();
  let first = max(channel - params.before, 0);
  let end = min(channel + 4 + params.after, params.channels);
  for (var c = first; c < end; c++) {
    let value = input[base + u32(c) * params.input_strides.y];
    let in_window = (vec4<i32>(c) >= own - params.before) & (vec4<i32>(c) <= own + params.after);
    sums += select(vec4<f32>(), vec4<f32>(value * value), in_window);
  }
  let target_base = params.output_offset + dot(place, params.output_strides);
  for (var i = 0; i < min(4, params.channels - channel); i++) {
    let c = u32(channel + i);
    let scale = pow_or_nan(params.bias + params.alpha * sums[i], -params.beta);
    output[target_base + c * params.output_strides.y] = input[base + c * params.input_strides.y] * scale;
  }
}

// The gradient of a convolution's weights, for any case: up to three spatial axes (d, h, w; missing ones have extent 1), any stride, dilation,
// pads, groups.
//
//   dw[o, i, k] = Σ dy[n, o, p] · x[n, i, p·stride + k·dilation − pad] over pictures n and places p
//
// NCDHW; weights in ONNX's order [group · out_channels, in_channels, kd, kh, kw]. One invocation computes one weight.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // weights
  batch: u32,
  in_channels: u32, // per group
  out_channels: u32, // per group
  dy_offset: u32, // all offsets and strides in elements
  dy_n: u32,
  dy_c: u32,
  in_offset: u32,
  in_n: u32,
  in_c: u32,
  dy_strides: vec4<u32>, // d, h, w, unused; so are all that follow
  in_strides: vec4<u32>,
  in_extent: vec4<i32>,
  dy_extent: vec4<i32>,
  kernel: vec4<u32>,
  stride: vec4<i32>,
  dilation: vec4<i32>,
  pad: vec4<i32>, // before the first element
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let kernel = params.kernel;
  let by_row = index / kernel.z;
  let by_plane = by_row / kernel.y;
  let by_channel = by_plane / kernel.x;
  let tap = vec3<i32>(vec3<u32>(by_plane % kernel.x, by_row % kernel.y, index % kernel.z));
  let channel = by_channel % params.in_channels;
  let filter_index = by_channel / params.in_channels;
  let group = filter_index / params.out_channels;
  let start = tap * params.dilation.xyz - params.pad.xyz;
  var sum = 0.0;
  for (var n = 0u; n < params.batch; n++) {
    let from_dy = params.dy_offset + n * params.dy_n + filter_index * params.dy_c;
    let from_in = params.in_offset + n * params.in_n + (group * params.in_channels + channel) * params.in_c;
    for (var d = 0; d < params.dy_extent.x; d++) {
      for (var h = 0; h < params.dy_extent.y; h++) {
        for (var w = 0; w < params.dy_extent.z; w++) {
          let place = vec3<i32>(d, h, w);
          let at = start + place * params.stride.xyz;
          let is_inside = all((at >= vec3<i32>(0)) & (at < params.in_extent.xyz));
          let clamped = vec3<u32>(clamp(at, vec3<i32>(0), params.in_extent.xyz - 1)) * params.in_strides.xyz;
          let slope = vec3<u32>(place) * params.dy_strides.xyz;
          let x = select(0.0, input[from_in + clamped.x + clamped.y + clamped.z], is_inside);
          sum += x * dy[from_dy + slope.x + slope.y + slope.z];
        }
      }
    }
  }
  output[index] = sum;
}

// Where MaxPool found its maxima: the index of each into the whole input tensor [n, c, d, h, w]; the first of equal ones.
//
//   row-major     index = ((n · C + c) · D + d) · H · W + h · W + w
//   column-major  index = (n · C + c) · D · H · W + d + (h + w · H) · D
//
// Dense output. One invocation computes one index.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // output elements
  channels: u32,
  input_offset: u32,
  input_stride_n: u32,
  input_strides: vec4<u32>, // c, d, h, w
  index_strides: vec3<u32>, // d, h, w: what one step adds to the index; all that follow are d, h, w too
  input_extent: vec3<i32>,
  output_extent: vec3<u32>,
  kernel: vec3<i32>,
  window_stride: vec3<i32>,
  dilation: vec3<i32>,
  pad: vec3<i32>, // before the first element
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> indices: array<i32>;

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

  let start = vec3<i32>(vec3<u32>(d, h, w)) * params.window_stride - params.pad;
  // Taps before `first` and from `end` on lie in the padding, however large the kernel.
  let first = clamp((params.dilation - start - 1) / params.dilation, vec3<i32>(0), params.kernel);
  let end = clamp((params.input_extent - start + params.dilation - 1) / params.dilation, vec3<i32>(0), params.kernel);
  let base = params.input_offset + (plane / params.channels) * params.input_stride_n + (plane % params.channels) * params.input_strides.x;
  var highest = -3.4028234e38;
  var found = 0u;
  for (var kd = first.x; kd < end.x; kd++) {
    for (var kh = first.y; kh < end.y; kh++) {
      for (var kw = first.z; kw < end.z; kw++) {
        let at = vec3<u32>(start + vec3<i32>(kd, kh, kw) * params.dilation);
        let value = input[base + at.x * params.input_strides.y + at.y * params.input_strides.z + at.z * params.input_strides.w];
        let higher = ((value > highest) | is_nan(value)) & !is_nan(highest);
        found = select(found, dot(at, params.index_strides), higher);
        highest = select(highest, value, higher);
      }
    }
  }
  let volume = u32(params.input_extent.x * params.input_extent.y * params.input_extent.z);
  indices[index] = i32(plane * volume + found);
}

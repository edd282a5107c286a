// The gradient of a pool's input: each element adds up what the windows that cover it hand back.
//
//   maximum  dx[i] = Σ dy[w] over the windows w whose maximum lies at i
//   average  dx[i] = Σ dy[w] / (taps of w that count)
//
// Dense output. One invocation computes one element of dx; it gathers, so that no two write to one place.

/** 0 maximum, 1 average. */
override KIND: u32 = 0u;

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // elements of dx
  channels: u32,
  gradient_offset: u32,
  gradient_stride_n: u32,
  gradient_strides: vec4<u32>, // c, d, h, w; all that follow are d, h, w
  input_extent: vec3<u32>,
  output_extent: vec3<i32>,
  kernel: vec3<i32>,
  window_stride: vec3<i32>,
  dilation: vec3<i32>,
  pad: vec3<i32>, // before the first element
  counted_from: vec3<i32>,
  counted_to: vec3<i32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
/** Of each window's maximum, into the whole of x. */
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

/** How many taps of a window count in its average, along each axis. */
fn countedTaps(window: vec3<i32>) -> i32 {
  let start = window * params.window_stride - params.pad;
  let first = clamp((params.counted_from - start + params.dilation - 1) / params.dilation, vec3<i32>(0), params.kernel);
  let end = clamp((params.counted_to - start + params.dilation - 1) / params.dilation, vec3<i32>(0), params.kernel);
  let taps = end - first;
  return taps.x * taps.y * taps.z;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let extent = params.input_extent;
  let at = vec3<i32>(vec3<u32>(index / (extent.z * extent.y) % extent.x, index / extent.z % extent.y, index % extent.z));
  let plane = index / (extent.z * extent.y * extent.x);
  let base = params.gradient_offset + (plane / params.channels) * params.gradient_stride_n + (plane % params.channels) * params.gradient_strides.x;
  let windows = u32(params.output_extent.x * params.output_extent.y * params.output_extent.z);

  // The windows that reach from before this element to behind it; few, however large the kernel is.
  let padded = at + params.pad;
  let reach = (params.kernel - 1) * params.dilation + 1;
  let stride = params.window_stride;
  let first = max((padded - reach + stride) / stride, vec3<i32>(0));
  let end = min(padded / stride + 1, params.output_extent);

  var sum = 0.0;
  for (var wd = first.x; wd < end.x; wd++) {
    for (var wh = first.y; wh < end.y; wh++) {
      for (var ww = first.z; ww < end.z; ww++) {
        let window = vec3<i32>(wd, wh, ww);
        // With dilation a window may pass over an element.
        let inside = all((padded - window * stride) % params.dilation == vec3<i32>(0));
        let w = vec3<u32>(window);
        let dy = gradient[base + w.x * params.gradient_strides.y + w.y * params.gradient_strides.z + w.z * params.gradient_strides.w];
        if (KIND == 0u) {
          let place = plane * windows + (w.x * u32(params.output_extent.y) + w.y) * u32(params.output_extent.z) + w.z;
          sum += select(0.0, dy, inside & (u32(indices[place]) == index));
        }
        if (KIND == 1u) {
          sum += select(0.0, dy / f32(max(countedTaps(window), 1)), inside);
        }
      }
    }
  }
  output[index] = sum;
}

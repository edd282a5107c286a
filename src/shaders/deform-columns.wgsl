// DeformConv's windows as columns: the elements that each tap of a window finds where its own offset moves it, weighed by a mask.
//
//   y[n, c, k, p] = mask[n, g, k, p] · x[n, c, place(p, k) + offset[n, g, k, p]]     g: the group of offsets that channel c belongs to
//
// Between elements they are mixed; outside they are 0. One invocation computes one element of the columns.

override HAS_MASK: u32 = 0u;

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // elements of the columns
  channels: u32,
  channels_per_offset: u32,
  offset_groups: u32,
  input_extent: vec2<i32>, // height, width, as all that follow
  output_extent: vec2<u32>,
  kernel: vec2<u32>,
  step: vec2<i32>,
  dilation: vec2<i32>,
  pad: vec2<i32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> offsets: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let points = params.output_extent.x * params.output_extent.y;
  let taps = params.kernel.x * params.kernel.y;
  let point = index % points;
  let tap = (index / points) % taps;
  let map = index / (points * taps);
  let channel = map % params.channels;
  let n = map / params.channels;
  let group = n * params.offset_groups + channel / params.channels_per_offset;
  let offset_at = ((group * taps + tap) * 2u) * points + point;
  let cell = vec2<i32>(vec2<u32>(point / params.output_extent.y, point % params.output_extent.y));
  let own = vec2<i32>(vec2<u32>(tap / params.kernel.y, tap % params.kernel.y));
  let regular = vec2<f32>(cell * params.step - params.pad + own * params.dilation);
  let at = regular + vec2<f32>(offsets[offset_at], offsets[offset_at + points]);
  let lower = floor(at);
  let far = at - lower;
  let extent = params.input_extent;
  let base = map * u32(extent.x * extent.y);
  var sum = 0.0;
  for (var corner = 0u; corner < 4u; corner++) {
    let is_high = vec2<bool>((corner & 2u) != 0u, (corner & 1u) != 0u);
    let place = lower + select(vec2<f32>(0.0), vec2<f32>(1.0), is_high);
    let is_inside = all((place >= vec2<f32>(0.0)) & (place < vec2<f32>(extent)));
    let element = vec2<i32>(clamp(place, vec2<f32>(0.0), vec2<f32>(extent - 1)));
    let weights = select(1.0 - far, far, is_high);
    sum += select(0.0, weights.x * weights.y * input[base + u32(element.x * extent.y + element.y)], is_inside);
  }
  if (HAS_MASK == 1u) {
    sum = sum * mask[(group * taps + tap) * points + point];
  }
  output[index] = sum;
}

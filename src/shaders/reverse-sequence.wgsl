// ReverseSequence: the beginning of each sequence in the opposite order. Elements are moved as words, whatever they mean.
//
//   y[t, b, i] = x[length[b] − 1 − t, b, i] where t < length[b], else x[t, b, i]
//
// Time is the first axis, or the second. One invocation moves one element.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32,
  second: u32, // extent of the second axis
  inner: u32, // elements behind it
  time_axis: u32, // 0 or 1
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read> lengths: array<i32>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let at = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (at >= params.count) {
    return;
  }
  let row = at / params.inner;
  let place = vec2<u32>(row / params.second, row % params.second);
  let extent = vec2<u32>(params.count / (params.second * params.inner), params.second);
  let time = place[params.time_axis];
  let length = min(u32(max(lengths[place[1u - params.time_axis]], 0)), extent[params.time_axis]);
  let source = select(time, length - 1u - time, time < length);
  let from_row = select(place.x * params.second + source, source * params.second + place.y, params.time_axis == 0u);
  output[at] = input[from_row * params.inner + at % params.inner];
}

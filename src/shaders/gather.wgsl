// Gather: picks slices of a dense tensor along one axis. Elements are moved as words, whatever they mean.
//
//   y[o, j, i] = x[o, index(j), i]     x is [outer, extent, inner], y [outer, picks, inner]
//
// Negative indices count from the end; indices outside are clamped. One invocation moves one element.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // output elements
  extent: i32,
  picks: u32,
  inner: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let at = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (at >= params.count) {
    return;
  }
  let i = at % params.inner;
  let row = at / params.inner;
  let picked = indices[row % params.picks];
  let index = clamp(select(picked, picked + params.extent, picked < 0), 0, params.extent - 1);
  output[at] = input[((row / params.picks) * u32(params.extent) + u32(index)) * params.inner + i];
}

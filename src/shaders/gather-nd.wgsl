// GatherND: each row of indices addresses one slice of a dense tensor. Elements are moved as words, whatever they mean.
//
//   y[b, j, i] = x[b, indices[b, j, 0], …, indices[b, j, depth − 1], i]
//
// Negative indices count from the end; indices outside are clamped. One invocation moves one element.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // output elements
  picks: u32, // rows of indices per batch
  inner: u32, // elements of a slice
  depth: u32, // indices per row, up to 4
  batch_stride: u32, // of x
  extent: vec4<i32>, // of x along the indexed axes
  strides: vec4<u32>, // of x along the indexed axes
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
  let row = at / params.inner;
  var source = (row / params.picks) * params.batch_stride + at % params.inner;
  for (var level = 0u; level < params.depth; level++) {
    let picked = indices[row * params.depth + level];
    let extent = params.extent[level];
    source += u32(clamp(select(picked, picked + extent, picked < 0), 0, extent - 1)) * params.strides[level];
  }
  output[at] = input[source];
}

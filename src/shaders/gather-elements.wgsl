// GatherElements: picks one element per index along one axis. Elements are moved as words, whatever they mean.
//
//   y[p] = x[p with its coordinate along the axis replaced by indices[p]]
//
// y and indices share one dense shape; the other axes of x may be longer, hence its own strides.
// Negative indices count from the end; indices outside are clamped. One invocation moves one element.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // output elements
  extent: i32, // of x along the axis
  axis_stride: u32, // of x along the axis
  shape: vec4<u32>, // of y, merged to four axes
  strides: vec4<u32>, // of x along those; 0 along the axis
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
  let shape = params.shape;
  let z = at / shape.w;
  let y = z / shape.z;
  let base = dot(vec4<u32>(y / shape.y, y % shape.y, z % shape.z, at % shape.w), params.strides);
  let picked = indices[at];
  let index = clamp(select(picked, picked + params.extent, picked < 0), 0, params.extent - 1);
  output[at] = input[base + u32(index) * params.axis_stride];
}

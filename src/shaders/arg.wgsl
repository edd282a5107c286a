// ArgMax and ArgMin along one axis of a dense tensor seen as [outer, length, inner].
//
//   y = the index of the largest (smallest) element; the first of equal ones, or the last
//
// One invocation computes one output.

const WORKGROUP_SIZE = 64u;

struct Params {
  rows: u32, // outer · inner
  length: u32,
  inner: u32, // elements between neighbours along the axis
  sign: f32, // 1 for the largest, -1 for the smallest
  takes_last: u32, // 1: the last of equal ones
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<i32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let row = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (row >= params.rows) {
    return;
  }
  let base = (row / params.inner) * (params.length * params.inner) + row % params.inner;
  let takes_last = params.takes_last == 1u;
  var best = params.sign * input[base];
  var found = 0u;
  for (var i = 1u; i < params.length; i++) {
    let value = params.sign * input[base + i * params.inner];
    let wins = (value > best) | ((value == best) & takes_last);
    best = select(best, value, wins);
    found = select(found, i, wins);
  }
  output[row] = i32(found);
}

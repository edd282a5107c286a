// ScatterElements: elements of a dense value are replaced at places along one axis, or combined with others. The output holds the value already.
//
//   y[…, index[…, j, …], …] ← y[…] combined with updates[…, j, …]     for j = 0, 1, …
//
// Negative indices count from the end; what lies outside is left out. One invocation does one line along the axis, so that several updates of one
// place come in their order.

override TYPE: u32 = 0u; // 0 f32, 1 i32, 2 u32
override REDUCTION: u32 = 0u; // 0 none, 1 add, 2 multiply, 3 maximum, 4 minimum

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // lines
  length: u32, // indices of a line
  extent: i32, // of the value along the axis
  data_stride: u32, // along the axis
  pick_stride: u32,
  shift: u32, // how much shorter integers are than a word
  shape: vec4<u32>, // of the lines
  data_strides: vec4<u32>,
  pick_strides: vec4<u32>, // of indices and updates
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read> updates: array<u32>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;

// The element that two become. Shorter integers wrap around.
fn combine(before: u32, update: u32) -> u32 {
  if (REDUCTION == 0u) {
    return update;
  }
  if (TYPE == 0u) {
    let a = bitcast<f32>(before);
    let b = bitcast<f32>(update);
    let extreme = select(smaller(a, b), larger(a, b), REDUCTION == 3u);
    return bitcast<u32>(select(select(extreme, a * b, REDUCTION == 2u), a + b, REDUCTION == 1u));
  }
  if (TYPE == 1u) {
    let a = bitcast<i32>(before);
    let b = bitcast<i32>(update);
    let extreme = select(min(a, b), max(a, b), REDUCTION == 3u);
    return bitcast<u32>((select(select(extreme, a * b, REDUCTION == 2u), a + b, REDUCTION == 1u) << params.shift) >> params.shift);
  }
  let extreme = select(min(before, update), max(before, update), REDUCTION == 3u);
  return (select(select(extreme, before * update, REDUCTION == 2u), before + update, REDUCTION == 1u) << params.shift) >> params.shift;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let line = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (line >= params.count) {
    return;
  }
  var rest = line;
  var first = 0u;
  var at = 0u;
  for (var level = 0u; level < 4u; level++) {
    let axis = 3u - level;
    let place = rest % params.shape[axis];
    rest = rest / params.shape[axis];
    first += place * params.data_strides[axis];
    at += place * params.pick_strides[axis];
  }
  for (var j = 0u; j < params.length; j++) {
    let picked = indices[at];
    let place = select(picked, picked + params.extent, picked < 0);
    let is_inside = (place >= 0) & (place < params.extent);
    let to = first + u32(select(0, place, is_inside)) * params.data_stride;
    let before = output[to];
    output[to] = select(before, combine(before, updates[at]), is_inside);
    at += params.pick_stride;
  }
}

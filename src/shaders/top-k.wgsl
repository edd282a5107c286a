// TopK along one axis of a dense tensor seen as [outer, length, inner], by counting: an element's place is the number of elements before it.
//
//   place(i) = #{ j : x[j] is better than x[i], or equal with j < i };  y[place] = x[i] where place < k
//   NaN counts as larger than any number.
//
// One invocation places one element of the input.

override TYPE: u32 = 0u; // 0 f32, 1 i32, 2 u32

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // input elements
  length: u32,
  inner: u32, // elements between neighbours along the axis
  k: u32,
  sign: f32, // 1: largest first, -1: smallest first
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> values: array<u32>;
@group(0) @binding(3) var<storage, read_write> indices: array<i32>;

// 1 where the first element comes before the second, −1 where behind it, 0 where they are equal.
fn order(rival: u32, own: u32) -> i32 {
  if (TYPE == 0u) {
    let a = params.sign * bitcast<f32>(rival);
    let b = params.sign * bitcast<f32>(own);
    let nan_is_best = params.sign > 0.0;
    let only_a = is_nan(a) & !is_nan(b);
    let only_b = is_nan(b) & !is_nan(a);
    let is_before = (a > b) | (only_a & nan_is_best) | (only_b & !nan_is_best);
    let is_equal = (a == b) | (is_nan(a) & is_nan(b));
    return select(select(-1, 0, is_equal), 1, is_before);
  }
  var is_larger = rival > own;
  if (TYPE == 1u) {
    is_larger = bitcast<i32>(rival) > bitcast<i32>(own);
  }
  return select(select(-1, 1, is_larger == (params.sign > 0.0)), 0, rival == own);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let i = index % params.inner;
  let own = (index / params.inner) % params.length;
  let outer = index / (params.inner * params.length);
  let base = outer * (params.length * params.inner) + i;
  let value = input[index];
  var place = 0u;
  for (var other = 0u; other < params.length; other++) {
    let found = order(input[base + other * params.inner], value);
    place += select(0u, 1u, (found > 0) | ((found == 0) & (other < own)));
  }
  if (place < params.k) {
    let at = (outer * params.k + place) * params.inner + i;
    values[at] = input[index];
    indices[at] = i32(own);
  }
}

// TopK along one axis of a dense tensor seen as [outer, length, inner], by counting: an element's place is the number of elements before it.
//
//   place(i) = #{ j : x[j] is better than x[i], or equal with j < i };  y[place] = x[i] where place < k
//   NaN counts as larger than any number.
//
// One invocation places one element of the input.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // input elements
  length: u32,
  inner: u32, // elements between neighbours along the axis
  k: u32,
  sign: f32, // 1: largest first, -1: smallest first
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> values: array<f32>;
@group(0) @binding(3) var<storage, read_write> indices: array<i32>;

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
  let value = params.sign * input[index];
  let is_nan_own = is_nan(value);
  let nan_is_best = params.sign > 0.0;
  var place = 0u;
  for (var other = 0u; other < params.length; other++) {
    let rival = params.sign * input[base + other * params.inner];
    let rival_is_nan = is_nan(rival);
    let is_better = (rival > value) | (rival_is_nan & !is_nan_own & nan_is_best) | (!rival_is_nan & is_nan_own & !nan_is_best);
    let is_equal = (rival == value) | (rival_is_nan & is_nan_own);
    place += select(0u, 1u, is_better | (is_equal & (other < own)));
  }
  if (place < params.k) {
    let at = (outer * params.k + place) * params.inner + i;
    values[at] = input[index];
    indices[at] = i32(own);
  }
}

// ScatterND: parts of a dense value are replaced, or combined with others, at places given by rows of indices. The output holds the value already.
//
//   y[index[j, 0], …, index[j, depth − 1], i] ← y[…] combined with updates[j, i]     for j = 0, 1, …
//
// Negative indices count from the end; what lies outside is left out. Of several rows with one place the last counts, where they replace: so
// each first marks its place with its number, the largest stays, and only that row writes. Where they combine, one invocation goes through all
// rows for one element i of a part.

override TYPE: u32 = 0u; // 0 f32, 1 i32, 2 u32
override REDUCTION: u32 = 0u; // 0 none, 1 add, 2 multiply, 3 maximum, 4 minimum
override PHASE: u32 = 0u; // 0 marks places, 1 writes marked rows, 2 writes all rows, 3 combines

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // invocations: rows, elements of all parts, or elements of one
  rows: u32,
  inner: u32, // elements of a part
  depth: u32, // indices of a row, up to 8
  shift: u32, // how much shorter integers are than a word
  extent: array<vec4<i32>, 2>, // along the indexed axes
  strides: array<vec4<u32>, 2>, // in parts
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read> updates: array<u32>;
@group(0) @binding(3) var<storage, read_write> output: array<u32>;
@group(0) @binding(4) var<storage, read_write> marks: array<atomic<u32>>;

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

// Which part a row names, or -1.
fn part_of(row: u32) -> i32 {
  var part = 0u;
  var is_inside = true;
  for (var level = 0u; level < params.depth; level++) {
    let picked = indices[row * params.depth + level];
    let extent = params.extent[level / 4u][level % 4u];
    let place = select(picked, picked + extent, picked < 0);
    is_inside = is_inside & (place >= 0) & (place < extent);
    part += u32(place) * params.strides[level / 4u][level % 4u];
  }
  return select(-1, i32(part), is_inside);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let at = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (at >= params.count) {
    return;
  }
  if (PHASE == 3u) {
    for (var row = 0u; row < params.rows; row++) {
      let part = part_of(row);
      let to = u32(max(part, 0)) * params.inner + at;
      let before = output[to];
      let combined = combine(before, updates[row * params.inner + at]);
      output[to] = select(before, combined, part >= 0);
    }
    return;
  }
  let row = select(at / params.inner, at, PHASE == 0u);
  let part = part_of(row);
  if (part < 0) {
    return;
  }
  if (PHASE == 0u) {
    atomicMax(&marks[part], row + 1u);
    return;
  }
  var is_last = true;
  if (PHASE == 1u) {
    is_last = atomicLoad(&marks[part]) == row + 1u;
  }
  if (is_last) {
    output[u32(part) * params.inner + at % params.inner] = updates[at];
  }
}

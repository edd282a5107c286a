// Matrix product with few rows: the dense layer of a single picture. The matrix is read once, four columns at a time.
//
//   y[m, n] = alpha · Σ over k of a[m, k] · b[k, n] + beta · c[m, n]
//
// b is [K, N / 4] groups of four columns, so N is a multiple of 4 there. The output is dense.
// One invocation sums four columns over every SLICES-th k; the SLICES of one workgroup then meet in workgroup memory.
// A workgroup covers 8 groups of columns of one row.

override SLICES: u32 = 8u;
const GROUPS = 8u;

struct Params {
  columns: u32, // N
  groups: u32, // N / 4, rounded up
  depth: u32, // K
  a_offset: u32,
  alpha: f32,
  beta: f32,
  a_strides: vec2<u32>, // row, column
  c_strides: vec2<u32>, // row, column
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> c: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

var<workgroup> sums: array<vec4<f32>, GROUPS * SLICES>;

@compute @workgroup_size(GROUPS, SLICES)
fn main(
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
) {
  let row = workgroup_id.y;
  let group = workgroup_id.x * GROUPS + local.x;
  let step = params.groups * SLICES;
  let a_step = params.a_strides.y * SLICES;
  var b_at = local.y * params.groups + min(group, params.groups - 1u);
  var a_at = params.a_offset + row * params.a_strides.x + local.y * params.a_strides.y;
  var sum = vec4<f32>();
  for (var k = local.y; k < params.depth; k += SLICES) {
    sum += a[a_at] * b[b_at];
    a_at += a_step;
    b_at += step;
  }
  sums[local.y * GROUPS + local.x] = sum;
  workgroupBarrier();
  if (local.y > 0u) {
    return;
  }
  for (var slice = 1u; slice < SLICES; slice++) {
    sum += sums[slice * GROUPS + local.x];
  }
  for (var i = 0u; i < 4u; i++) {
    let column = group * 4u + i;
    if (column < params.columns) {
      output[row * params.columns + column] =
        params.alpha * sum[i] + params.beta * c[row * params.c_strides.x + column * params.c_strides.y];
    }
  }
}

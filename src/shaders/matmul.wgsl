// Batched matrix product with an optional addend, through the strides each operand has (a transpose is only other strides).
//
//   y[b, m, n] = alpha · Σ over k of a[b, m, k] · b[b, k, n] + beta · c[m, n]
//
// Up to three batch axes, broadcast by strides of 0. The output is dense.
// One invocation computes a block of 8 rows × 4 columns in registers; its columns are one workgroup's width apart, so that
// neighbouring invocations read neighbouring columns. Edges read clamped and are not written.

const WORKGROUP_X = 8u;
const WORKGROUP_Y = 8u;

struct Params {
  rows: u32, // M
  columns: u32, // N
  depth: u32, // K
  alpha: f32,
  beta: f32,
  a_strides: vec2<u32>, // row, column
  b_strides: vec2<u32>, // row, column
  c_strides: vec2<u32>, // row, column
  batch_extent: vec3<u32>,
  a_batch_strides: vec3<u32>,
  b_batch_strides: vec3<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> c: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

// Finishes one row of a block: `at` are its four columns.
fn store(sum: vec4<f32>, row: u32, at: vec4<u32>, batch: u32) {
  if (row >= params.rows) {
    return;
  }
  let base = (batch * params.rows + row) * params.columns;
  let c_base = row * params.c_strides.x;
  for (var i = 0u; i < 4u; i++) {
    if (at[i] < params.columns) {
      output[base + at[i]] = params.alpha * sum[i] + params.beta * c[c_base + at[i] * params.c_strides.y];
    }
  }
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let number = workgroup_id.x + workgroup_id.y * num_workgroups.x;
  let across = (params.columns + WORKGROUP_X * 4u - 1u) / (WORKGROUP_X * 4u);
  let down = (params.rows + WORKGROUP_Y * 8u - 1u) / (WORKGROUP_Y * 8u);
  let batch = number / (across * down);
  let extent = params.batch_extent;
  if (batch >= extent.x * extent.y * extent.z) {
    return;
  }
  let place = vec3<u32>(batch / (extent.z * extent.y), (batch / extent.z) % extent.y, batch % extent.z);
  let columns = (number % across * WORKGROUP_X * 4u + local.x) + vec4<u32>(0u, 1u, 2u, 3u) * WORKGROUP_X;
  let row = (number / across % down * WORKGROUP_Y + local.y) * 8u;

  let b_columns = min(columns, vec4<u32>(params.columns - 1u)) * params.b_strides.y;
  let last = params.rows - 1u;
  let a_base = dot(place, params.a_batch_strides);
  var b_at = dot(place, params.b_batch_strides);
  var a0_at = a_base + min(row + 0u, last) * params.a_strides.x;
  var a1_at = a_base + min(row + 1u, last) * params.a_strides.x;
  var a2_at = a_base + min(row + 2u, last) * params.a_strides.x;
  var a3_at = a_base + min(row + 3u, last) * params.a_strides.x;
  var a4_at = a_base + min(row + 4u, last) * params.a_strides.x;
  var a5_at = a_base + min(row + 5u, last) * params.a_strides.x;
  var a6_at = a_base + min(row + 6u, last) * params.a_strides.x;
  var a7_at = a_base + min(row + 7u, last) * params.a_strides.x;
  var sum0 = vec4<f32>();
  var sum1 = vec4<f32>();
  var sum2 = vec4<f32>();
  var sum3 = vec4<f32>();
  var sum4 = vec4<f32>();
  var sum5 = vec4<f32>();
  var sum6 = vec4<f32>();
  var sum7 = vec4<f32>();
  let depth = params.depth;
  let a_step = params.a_strides.y;
  let b_step = params.b_strides.x;
  for (var k = 0u; k < depth; k++) {
    let right = vec4<f32>(b[b_at + b_columns.x], b[b_at + b_columns.y], b[b_at + b_columns.z], b[b_at + b_columns.w]);
    sum0 += a[a0_at] * right;
    sum1 += a[a1_at] * right;
    sum2 += a[a2_at] * right;
    sum3 += a[a3_at] * right;
    sum4 += a[a4_at] * right;
    sum5 += a[a5_at] * right;
    sum6 += a[a6_at] * right;
    sum7 += a[a7_at] * right;
    b_at += b_step;
    a0_at += a_step;
    a1_at += a_step;
    a2_at += a_step;
    a3_at += a_step;
    a4_at += a_step;
    a5_at += a_step;
    a6_at += a_step;
    a7_at += a_step;
  }
  store(sum0, row + 0u, columns, batch);
  store(sum1, row + 1u, columns, batch);
  store(sum2, row + 2u, columns, batch);
  store(sum3, row + 3u, columns, batch);
  store(sum4, row + 4u, columns, batch);
  store(sum5, row + 5u, columns, batch);
  store(sum6, row + 6u, columns, batch);
  store(sum7, row + 7u, columns, batch);
}

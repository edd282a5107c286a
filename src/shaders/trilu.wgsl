// Trilu: keeps the elements of a dense [batch, rows, columns] on one side of a diagonal, and that itself; all others become 0. Elements are
// moved as words, whatever they mean.
//
// One invocation moves one element.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32,
  rows: u32,
  columns: u32,
  k: i32, // the diagonal: column − row
  sign: i32, // 1: keeps what lies above it, -1: below
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<u32>;
@group(0) @binding(2) var<storage, read_write> output: array<u32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let at = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (at >= params.count) {
    return;
  }
  let row = i32((at / params.columns) % params.rows);
  let column = i32(at % params.columns);
  output[at] = select(0u, input[at], (column - row - params.k) * params.sign >= 0);
}

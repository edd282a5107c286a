// Det: determinants of square matrices, by elimination with the largest pivot of each column. The work buffer holds the matrices already, and is
// used up.
//
// One invocation does one matrix.

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // matrices
  size: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> work: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let at = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (at >= params.count) {
    return;
  }
  let size = params.size;
  let first = at * size * size;
  var result = 1.0;
  for (var column = 0u; column < size; column++) {
    var best = column;
    for (var row = column + 1u; row < size; row++) {
      best = select(best, row, abs(work[first + row * size + column]) > abs(work[first + best * size + column]));
    }
    for (var k = column; k < size; k++) {
      let upper = work[first + column * size + k];
      work[first + column * size + k] = work[first + best * size + k];
      work[first + best * size + k] = upper;
    }
    let pivot = work[first + column * size + column];
    result = result * select(-pivot, pivot, best == column);
    let divisor = select(pivot, 1.0, pivot == 0.0);
    for (var row = column + 1u; row < size; row++) {
      let factor = work[first + row * size + column] / divisor;
      for (var k = column + 1u; k < size; k++) {
        work[first + row * size + k] = work[first + row * size + k] - factor * work[first + column * size + k];
      }
    }
  }
  output[at] = result;
}

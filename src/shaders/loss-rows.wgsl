// The loss of each row of scores, [outer, classes, inner], by the number of its class:
//
//   cross-entropy of scores   l = weight · (m + log Σ exp(x − m) − x at the class), where m is the largest
//   of log-probabilities      l = −weight · x at the class
//
// and the weight that it counts with: 0 for the class that is ignored. Dense. One invocation computes one row.

override OF_SCORES: bool = true; // else the input holds logarithms of probabilities
override HAS_WEIGHTS: bool = false;
const WORKGROUP_SIZE = 64u;

struct Params {
  rows: u32, // outer · inner
  classes: u32,
  inner: u32,
  ignored: i32, // number of the class that does not count
  has_ignored: u32, // 0 or 1
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> counts: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let row = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (row >= params.rows) {
    return;
  }
  let inner = params.inner;
  let classes = params.classes;
  let base = (row / inner) * (classes * inner) + row % inner;
  let label = labels[row];
  let place = u32(clamp(label, 0, i32(classes) - 1));
  let is_ignored = (params.has_ignored > 0u) & (label == params.ignored);
  var weight = 1.0;
  if (HAS_WEIGHTS) {
    weight = weights[place];
  }
  var total = 0.0;
  if (OF_SCORES) {
    var highest = -3.4028234e38;
    for (var i = 0u; i < classes; i++) {
      highest = max(highest, input[base + i * inner]);
    }
    var sum = 0.0;
    for (var i = 0u; i < classes; i++) {
      sum += exp_or_nan(input[base + i * inner] - highest);
    }
    total = highest + log_or_nan(sum);
  }
  counts[row] = select(weight, 0.0, is_ignored);
  losses[row] = select(weight * (total - input[base + place * inner]), 0.0, is_ignored);
}

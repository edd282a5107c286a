// The gradient of a loss by the classes' scores, [outer, classes, inner]; see loss-rows.wgsl.
//
//   cross-entropy of scores   dx = g · (softmax(x) − 1 at the class)
//   of log-probabilities      dx = −g at the class, 0 elsewhere
//
// where g is the weight of the row times the gradient of the loss; of a mean, over the sum of all weights. Dense. One invocation computes one row.

override OF_SCORES: bool = true; // else the input holds logarithms of probabilities
override HAS_WEIGHTS: bool = false;
override IS_MEAN: bool = true;
const WORKGROUP_SIZE = 64u;

struct Params {
  rows: u32, // outer · inner
  classes: u32,
  inner: u32,
  ignored: i32, // number of the class that does not count
  has_ignored: u32, // 0 or 1
  slope_step: u32, // 1 where each row has a gradient of its own, else 0
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> slope: array<f32>; // of the loss
@group(0) @binding(2) var<storage, read> input: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<i32>;
@group(0) @binding(4) var<storage, read> weights: array<f32>;
@group(0) @binding(5) var<storage, read> total: array<f32>; // the sum of all weights, for a mean
@group(0) @binding(6) var<storage, read_write> output: array<f32>;

fn weight_of(label: i32) -> f32 {
  let is_ignored = (params.has_ignored > 0u) & (label == params.ignored);
  var weight = 1.0;
  if (HAS_WEIGHTS) {
    weight = weights[place_of(label)];
  }
  return select(weight, 0.0, is_ignored);
}

fn place_of(label: i32) -> u32 {
  return u32(clamp(label, 0, i32(params.classes) - 1));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let row = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (row >= params.rows) {
    return;
  }
  let inner = params.inner;
  let classes = params.classes;
  let base = (row / inner) * (classes * inner) + row % inner;
  var scale = slope[row * params.slope_step] * weight_of(labels[row]);
  if (IS_MEAN) {
    scale /= total[0];
  }
  let place = place_of(labels[row]);
  var highest = 0.0;
  var sum = 1.0;
  if (OF_SCORES) {
    highest = -3.4028234e38;
    for (var i = 0u; i < classes; i++) {
      highest = max(highest, input[base + i * inner]);
    }
    sum = 0.0;
    for (var i = 0u; i < classes; i++) {
      sum += exp_or_nan(input[base + i * inner] - highest);
    }
  }
  for (var i = 0u; i < classes; i++) {
    let at = base + i * inner;
    var share = 0.0;
    if (OF_SCORES) {
      share = exp_or_nan(input[at] - highest) / sum;
    }
    output[at] = scale * (share - select(0.0, 1.0, i == place));
  }
}

// Softmax, LogSoftmax and Hardmax along one axis of a dense tensor seen as [outer, length, inner].
//
//   softmax     y = exp(x − m) / Σ exp(x − m)
//   log         y = x − m − log Σ exp(x − m)
//   hardmax     y = 1 at the first maximum, else 0
//   where m is the maximum along the axis, so that no exponential overflows.
//
// LANES invocations share one row (one point of outer × inner) and meet in workgroup memory; a workgroup does 64 / LANES rows.

override KIND: u32 = 0u; // 0 softmax, 1 log, 2 hardmax
override LANES: u32 = 1u; // a power of two up to 64
const WORKGROUP_SIZE = 64u;

struct Params {
  rows: u32, // outer · inner
  length: u32,
  inner: u32, // elements between neighbours along the axis
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

var<workgroup> highest_of: array<f32, WORKGROUP_SIZE>;
var<workgroup> place_of: array<u32, WORKGROUP_SIZE>;
var<workgroup> sum_of: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(local_invocation_index) local: u32,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let lane = local % LANES;
  let index = (workgroup_id.x + workgroup_id.y * num_workgroups.x) * (WORKGROUP_SIZE / LANES) + local / LANES;
  let row = min(index, params.rows - 1u);
  let inner = params.inner;
  let base = (row / inner) * (params.length * inner) + row % inner;
  // Rows beyond the last are empty, but their invocations go on, because barriers need all of them.
  let length = select(params.length, 0u, index >= params.rows);

  var highest = -3.4028234e38;
  var place = length;
  for (var i = lane; i < length; i += LANES) {
    let value = input[base + i * inner];
    place = select(place, i, value > highest);
    highest = max(highest, value);
  }
  if (LANES > 1u) {
    highest_of[local] = highest;
    place_of[local] = place;
    workgroupBarrier();
    let first = local - lane;
    for (var other = first; other < first + LANES; other++) {
      let rival = highest_of[other];
      let wins = (rival > highest) | ((rival == highest) & (place_of[other] < place));
      place = select(place, place_of[other], wins);
      highest = max(highest, rival);
    }
  }

  var sum = 0.0;
  if (KIND != 2u) {
    for (var i = lane; i < length; i += LANES) {
      sum += exp_or_nan(input[base + i * inner] - highest);
    }
    if (LANES > 1u) {
      sum_of[local] = sum;
      workgroupBarrier();
      let first = local - lane;
      sum = 0.0;
      for (var other = first; other < first + LANES; other++) {
        sum += sum_of[other];
      }
    }
  }
  let log_sum = log_or_nan(sum);
  for (var i = lane; i < length; i += LANES) {
    let at = base + i * inner;
    let shifted = input[at] - highest;
    let probability = select(exp_or_nan(shifted) / sum, shifted - log_sum, KIND == 1u);
    output[at] = select(probability, select(0.0, 1.0, i == place), KIND == 2u);
  }
}

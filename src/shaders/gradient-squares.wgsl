// The squares of a gradient's elements, added up in as many sums as there are workgroups. A gradient that is not finite makes a sum that is not.
//
//   squares[w] = (what earlier gradients gave, or 0) + Σ x² over the elements that workgroup w reads
//
// The invocations of a workgroup meet in workgroup memory in a fixed order.

const LANES = 64u;

struct Params {
  size: u32, // of the gradient
  groups: u32, // workgroups
  is_first: u32, // 0 or 1: what the sums hold does not count
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> squares: array<f32>;

var<workgroup> partial: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup_id: vec3<u32>) {
  let group = min(workgroup_id.x, params.groups - 1u);
  let step = params.groups * LANES;
  var sum = 0.0;
  for (var i = group * LANES + lane; i < params.size; i += step) {
    let x = gradient[i];
    sum += x * x;
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < LANES; other++) {
    sum += partial[other];
  }
  let before = squares[group];
  squares[group] = select(before + sum, sum, params.is_first > 0u);
}

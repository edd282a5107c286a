// Adds up the losses of all rows, and the weights that they count with: the result is the sum, the mean by weight, or the weights alone.
// One workgroup; the rows are shared out among its invocations, whose sums meet in workgroup memory in a fixed order.

override KIND: u32 = 1u; // 0 sum, 1 mean, 2 weights
const LANES = 64u;

struct Params {
  rows: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> losses: array<f32>;
@group(0) @binding(2) var<storage, read> counts: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

var<workgroup> partial: array<vec2<f32>, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) workgroup_id: vec3<u32>) {
  var sum = vec2<f32>();
  for (var row = lane; row < params.rows; row += LANES) {
    sum += vec2<f32>(losses[row], counts[row]);
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < LANES; other++) {
    sum += partial[other];
  }
  output[0] = select(select(sum.x, sum.x / sum.y, KIND == 1u), sum.y, KIND == 2u);
}

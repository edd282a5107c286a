// What the gradient of a normalization over a batch needs of each channel: the gradients of its bias and of its scale,
//
//   shift = Σ dy,   scale = Σ dy · (x − mean) / √(variance + ε)
//
// dy and x are dense, [batch, channels, places]. 64 invocations share a channel, and meet in workgroup memory in a fixed order. A workgroup
// computes one channel.

const LANES = 64u;

struct Params {
  channels: u32,
  batch: u32,
  places: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> scale: array<f32>;
@group(0) @binding(6) var<storage, read_write> shift: array<f32>;

var<workgroup> partial: array<vec2<f32>, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let channel = min(workgroup_id.x + workgroup_id.y * num_workgroups.x, params.channels - 1u);
  let middle = mean[channel];
  let places = params.places;
  let step = params.channels * places;
  let count = params.batch * places;
  var sum = vec2<f32>();
  for (var i = lane; i < count; i += LANES) {
    let at = i / places * step + channel * places + i % places;
    let slope = dy[at];
    sum += vec2<f32>(slope * (x[at] - middle), slope);
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < LANES; other++) {
    sum += partial[other];
  }
  scale[channel] = sum.x * inverseSqrt(variance[channel] + params.epsilon);
  shift[channel] = sum.y;
}

// The mean of each channel of a batch, or the mean square of its distances from that mean: x is dense, [batch, channels, places].
//
// 64 invocations share a channel, and meet in workgroup memory in a fixed order. A workgroup computes one channel.

override IS_VARIANCE: bool = false;
const LANES = 64u;

struct Params {
  channels: u32,
  batch: u32,
  places: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>; // for the variance
@group(0) @binding(3) var<storage, read_write> moment: array<f32>;

var<workgroup> partial: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(local_invocation_index) lane: u32,
  @builtin(workgroup_id) workgroup_id: vec3<u32>,
  @builtin(num_workgroups) num_workgroups: vec3<u32>,
) {
  let channel = min(workgroup_id.x + workgroup_id.y * num_workgroups.x, params.channels - 1u);
  var middle = 0.0;
  if (IS_VARIANCE) {
    middle = mean[channel];
  }
  let places = params.places;
  let step = params.channels * places;
  let count = params.batch * places;
  var sum = 0.0;
  for (var i = lane; i < count; i += LANES) {
    let distance = x[i / places * step + channel * places + i % places] - middle;
    sum += select(distance, distance * distance, IS_VARIANCE);
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane > 0u) {
    return;
  }
  for (var other = 1u; other < LANES; other++) {
    sum += partial[other];
  }
  moment[channel] = sum / f32(count);
}

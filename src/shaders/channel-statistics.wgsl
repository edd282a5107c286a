// Statistics of each channel: merges the partial statistics that range-partials.wgsl wrote.
//   low, high, mean and deviation of the finite elements, how many they are, how many of them are 0, how many elements are NaN
// A channel without a finite element has low = high = mean = deviation = 0.
// Layout: `partialsPerChannel` records of `partials` in a row make one record of `channels`.
// One workgroup makes one channel's record.

struct Params {
  channelCount: u32,
  partialsPerChannel: u32,
}

struct Channel {
  low: f32,
  high: f32,
  mean: f32,
  deviation: f32,
  count: f32,
  zeros: f32,
  notNumbers: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<Partial>;
@group(0) @binding(2) var<storage, read_write> channels: array<Channel>;

const WORKGROUP_SIZE = 64u;
const LARGEST = 3.4e38;

var<workgroup> lanes: array<Partial, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groupCount: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let channel = group.x + group.y * groupCount.x;
  if (channel >= params.channelCount) { return; }

  var mine = Partial(LARGEST, -LARGEST, 0.0, 0.0, 0.0, 0.0, 0.0);
  for (var i = lane; i < params.partialsPerChannel; i += WORKGROUP_SIZE) {
    mine = merge_partials(mine, partials[channel * params.partialsPerChannel + i]);
  }
  lanes[lane] = mine;
  workgroupBarrier();
  if (lane != 0u) { return; }
  for (var other = 1u; other < min(WORKGROUP_SIZE, params.partialsPerChannel); other++) {
    mine = merge_partials(mine, lanes[other]);
  }

  let isEmpty = mine.count == 0.0;
  channels[channel] = Channel(
    select(mine.low, 0.0, isEmpty),
    select(mine.high, 0.0, isEmpty),
    select(mine.mean, 0.0, isEmpty),
    sqrt(mine.spread / max(mine.count, 1.0)),
    mine.count,
    mine.zeros,
    mine.notNumbers,
  );
}

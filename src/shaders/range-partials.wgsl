// Statistics of feature maps, first half: for slice s of channel c over its finite elements x
//   low = min x, high = max x, mean = Σx / count, spread = Σ(x − mean)², count, zeros = how many are 0
// and over all its elements: notNumbers = how many are NaN
// Layout: `partials` holds `slices` records per channel, channel after channel.
// One invocation reads every `slices`-th element of one channel, so that neighbours read neighbouring words.

/** Element type of `values`: 0 f32, 1 i32, 2 u32. */
override VALUE_TYPE: u32 = 0u;

struct Params {
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  mapWidth: u32,
  /** Elements of one channel. */
  area: u32,
  slices: u32,
  /** Channels · slices. */
  count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> partials: array<Partial>;

const WORKGROUP_SIZE = 64u;
const LARGEST = 3.4e38;

/** By bits: a compiler may assume that no f32 is infinite or NaN. */
fn isFinite(bits: u32) -> bool {
  return (VALUE_TYPE != 0u) | ((bits & 0x7f800000u) != 0x7f800000u);
}

fn isNotNumber(bits: u32) -> bool {
  return (VALUE_TYPE == 0u) & ((bits & 0x7fffffffu) > 0x7f800000u);
}

fn toNumber(bits: u32) -> f32 {
  return select(select(f32(bits), f32(bitcast<i32>(bits)), VALUE_TYPE == 1u), bitcast<f32>(bits), VALUE_TYPE == 0u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let index = id.x + id.y * (workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) { return; }
  let channel = index / params.slices;
  let start = params.offset + channel * params.channelStride;

  // Sums are taken relative to one element, lest a large mean swallow the deviations.
  let firstBits = values[start];
  let shift = toNumber(select(0u, firstBits, isFinite(firstBits)));

  var low = LARGEST;
  var high = -LARGEST;
  var sum = 0.0;
  var squares = 0.0;
  var count = 0.0;
  var zeros = 0.0;
  var notNumbers = 0.0;
  for (var element = index % params.slices; element < params.area; element += params.slices) {
    let y = element / params.mapWidth;
    let x = element - y * params.mapWidth;
    let bits = values[start + y * params.rowStride + x * params.columnStride];
    let finite = isFinite(bits);
    let number = toNumber(select(0u, bits, finite));
    let deviation = select(0.0, number - shift, finite);
    low = select(low, min(low, number), finite);
    high = select(high, max(high, number), finite);
    sum += deviation;
    squares += deviation * deviation;
    count += select(0.0, 1.0, finite);
    zeros += select(0.0, 1.0, finite & (number == 0.0));
    notNumbers += select(0.0, 1.0, isNotNumber(bits));
  }
  let meanDeviation = sum / max(count, 1.0);
  let spread = max(0.0, squares - sum * meanDeviation);
  partials[index] = Partial(low, high, shift + meanDeviation, spread, count, zeros, notNumbers);
}

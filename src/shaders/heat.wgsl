// The heat of an explanation at each place p, smoothed over time: 1 where it is as large as `full` or larger.
//   above   x p = max over channels max(x, 0)
//   both    x p = the x with the largest |x| over channels, so that heat goes from -1 to 1
//   size    x p = max over channels |x|
//   now = x p / full, at most 1 and at least -1, or 0 where nothing is larger than 0
//   heat p ← heat p + share · (now − heat p),   share = clock[0], or 1 where the class is another than in the frame before
// What is not finite counts as 0. Layout: x of any offset and strides, heat dense. One invocation computes one place.

struct Params {
  /** Places. */
  count: u32,
  columns: u32,
  channels: u32,
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  /** 0 size, 1 above, 2 both. */
  sides: u32,
}

/** Of range.wgsl, of all channels together. */
struct Range {
  nonFinite: vec2f,
  low: f32,
  full: f32,
}

/** Of choose-class.wgsl. */
struct Chosen {
  index: u32,
  isNew: u32,
  score: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> range: Range;
@group(0) @binding(3) var<storage, read> chosen: Chosen;
@group(0) @binding(4) var<storage, read> clock: array<f32>;
@group(0) @binding(5) var<storage, read_write> heat: array<f32>;

const WORKGROUP_SIZE = 64u;

const ABOVE = 1u;
const BOTH = 2u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let at = id.x + id.y * (workgroups.x * WORKGROUP_SIZE);
  if (at >= params.count) { return; }
  let y = at / params.columns;
  let place = params.offset + y * params.rowStride + (at - y * params.columns) * params.columnStride;
  var largest = 0.0;
  var sign = 1.0;
  for (var channel = 0u; channel < params.channels; channel++) {
    // By bits: a compiler may assume that no f32 is infinite or NaN.
    let word = values[place + channel * params.channelStride];
    let bits = word & 0x7fffffffu;
    let counts = (bits < 0x7f800000u) & ((params.sides != ABOVE) | (word == bits));
    let size = bitcast<f32>(select(0u, bits, counts));
    let isNegative = (params.sides == BOTH) & (word != bits);
    sign = select(sign, select(1.0, -1.0, isNegative), size > largest);
    largest = max(largest, size);
  }
  let now = select(0.0, sign * min(1.0, largest / range.full), range.full > 0.0);
  let share = select(clock[0], 1.0, chosen.isNew == 1u);
  heat[at] = select(mix(heat[at], now, share), now, share == 1.0);
}

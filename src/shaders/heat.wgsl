// The heat of an explanation x at each place p: its size as a share of the largest in the picture, smoothed over time.
//   size p = max over channels |x|,   now = size p / largest, or 0 where nothing is larger than 0
//   heat p ← heat p + share · (now − heat p),   share = clock[0], or 1 where the class is another than in the frame before
// What is not finite counts as 0. Layout: x of any offset and strides, heat dense. One invocation computes one place.

struct Params {
  /** Columns and rows. */
  map: vec2u,
  channels: u32,
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
}

/** Of range.wgsl, of all channels together. */
struct Range {
  nonFinite: vec2f,
  low: f32,
  high: f32,
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

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= params.map)) { return; }
  let place = params.offset + id.y * params.rowStride + id.x * params.columnStride;
  var size = 0.0;
  for (var channel = 0u; channel < params.channels; channel++) {
    // Without the sign. By bits: a compiler may assume that no f32 is infinite or NaN.
    let bits = values[place + channel * params.channelStride] & 0x7fffffffu;
    size = max(size, bitcast<f32>(select(0u, bits, bits < 0x7f800000u)));
  }
  let largest = range.high;
  let now = select(0.0, size / largest, largest > 0.0);
  let share = select(clock[0], 1.0, chosen.isNew == 1u);
  let at = id.y * params.map.x + id.x;
  heat[at] = select(mix(heat[at], now, share), now, share == 1.0);
}

// Paints the feature maps of a value as a mosaic, each channel a tile, straight from the buffer that the network wrote.
//   one value     colour = map((x − low) / (high − low)), clamped
//   two values    colour = colourA · |a| / extent + colourB · |b| / extent, added and clamped
// A tile larger than its map shows each element as a block; a smaller one shows means over whole elements: pixel i of n covers
// the elements from floor(i · N / n) up to floor((i + 1) · N / n), at least one.
// Layout: any offset and strides; `ranges` holds one [low, high] for all channels, or one per channel.
// One invocation (or fragment) computes one pixel.
// `main` writes a storage texture. `vertex` and `fragment` draw the same pixels where the canvas cannot be one.

/** Element type of the values: 0 f32, 1 i32, 2 u32. */
override VALUE_TYPE: u32 = 0u;
/** 1 adds a second value in a second colour. */
override COMPARE: u32 = 0u;

struct Params {
  /** Top left of the destination rectangle, in pixels. */
  origin: vec2u,
  size: vec2u,
  tile: vec2u,
  /** Columns and rows of a map. */
  map: vec2u,
  columns: u32,
  channels: u32,
  /** Pixels between tiles. */
  gap: u32,
  /** 1 where every channel has its own range. */
  perChannel: u32,
  /** 1 where ranges are symmetric around 0: a comparison then shows magnitudes. */
  symmetric: u32,
  lastStop: u32,
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  offsetB: u32,
  channelStrideB: u32,
  rowStrideB: u32,
  columnStrideB: u32,
  background: vec4f,
  nanColor: vec4f,
  infinityColor: vec4f,
  colorA: vec4f,
  colorB: vec4f,
  stops: array<vec4f, 32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> ranges: array<vec2f>;
@group(0) @binding(3) var<storage, read> valuesB: array<u32>;
@group(0) @binding(4) var<storage, read> rangesB: array<vec2f>;
@group(0) @binding(5) var output: texture_storage_2d<rgba8unorm, write>;

const FINITE = 0u;
const INFINITE = 1u;
const NOT_A_NUMBER = 2u;

struct Mean {
  value: f32,
  /** The worst kind of element among those averaged. */
  kind: u32,
}

/** By bits: a compiler may assume that no f32 is infinite or NaN. */
fn kindOf(bits: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  let kind = select(select(FINITE, INFINITE, magnitude == 0x7f800000u), NOT_A_NUMBER, magnitude > 0x7f800000u);
  return select(FINITE, kind, VALUE_TYPE == 0u);
}

fn toNumber(bits: u32) -> f32 {
  return select(select(f32(bits), f32(bitcast<i32>(bits)), VALUE_TYPE == 1u), bitcast<f32>(bits), VALUE_TYPE == 0u);
}

/** Mean over the elements from `first` up to `last`, exclusive, of one channel. */
fn meanA(channel: u32, first: vec2u, last: vec2u) -> Mean {
  var sum = 0.0;
  var worst = FINITE;
  let start = params.offset + channel * params.channelStride;
  for (var y = first.y; y < last.y; y++) {
    for (var x = first.x; x < last.x; x++) {
      let bits = values[start + y * params.rowStride + x * params.columnStride];
      let kind = kindOf(bits);
      worst = max(worst, kind);
      sum += toNumber(select(0u, bits, kind == FINITE));
    }
  }
  let extent = last - first;
  return Mean(sum / f32(extent.x * extent.y), worst);
}

fn meanB(channel: u32, first: vec2u, last: vec2u) -> Mean {
  var sum = 0.0;
  var worst = FINITE;
  let start = params.offsetB + channel * params.channelStrideB;
  for (var y = first.y; y < last.y; y++) {
    for (var x = first.x; x < last.x; x++) {
      let bits = valuesB[start + y * params.rowStrideB + x * params.columnStrideB];
      let kind = kindOf(bits);
      worst = max(worst, kind);
      sum += toNumber(select(0u, bits, kind == FINITE));
    }
  }
  let extent = last - first;
  return Mean(sum / f32(extent.x * extent.y), worst);
}

/** Where x lies in the range, 0…1; an empty range shows everything as its low end. */
fn normalize1(x: f32, range: vec2f) -> f32 {
  let extent = range.y - range.x;
  return clamp(select((x - range.x) / extent, 0.0, extent <= 0.0), 0.0, 1.0);
}

fn mapColor(t: f32) -> vec4f {
  let at = t * f32(params.lastStop);
  let stop = min(u32(at), params.lastStop - 1u);
  return mix(params.stops[stop], params.stops[stop + 1u], at - f32(stop));
}

/** How strongly a value shows in a comparison. */
fn intensity(x: f32, range: vec2f) -> f32 {
  return select(normalize1(x, range), normalize1(abs(x), vec2f(0.0, range.y)), params.symmetric == 1u);
}

/** The colour of a pixel of the destination rectangle. */
fn colorAt(pixel: vec2u) -> vec4f {
  let pitch = params.tile + params.gap;
  let cell = pixel / pitch;
  let inside = pixel - cell * pitch;
  let channel = cell.y * params.columns + cell.x;
  if (any(inside >= params.tile) || cell.x >= params.columns || channel >= params.channels) { return params.background; }

  let first = inside * params.map / params.tile;
  let last = max(first + 1u, (inside + 1u) * params.map / params.tile);
  let scope = select(0u, channel, params.perChannel == 1u);
  let a = meanA(channel, first, last);
  var worst = a.kind;
  var color = vec4f();
  if (COMPARE == 1u) {
    let b = meanB(channel, first, last);
    worst = max(worst, b.kind);
    color = params.colorA * intensity(a.value, ranges[scope]) + params.colorB * intensity(b.value, rangesB[scope]);
  } else {
    let range = ranges[scope];
    // A range of no extent around 0 is a map of zeros: the middle of a diverging colour map.
    let t = select(normalize1(a.value, range), 0.5, params.symmetric == 1u && range.y <= range.x);
    color = mapColor(t);
  }
  if (worst == INFINITE) { color = params.infinityColor; }
  if (worst == NOT_A_NUMBER) { color = params.nanColor; }
  return vec4f(min(color.rgb, vec3f(1.0)), 1.0);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= params.size)) { return; }
  textureStore(output, params.origin + id.xy, colorAt(id.xy));
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  // One triangle that covers the whole target; the viewport is the destination rectangle.
  return vec4f(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
  return colorAt(vec2u(position.xy) - params.origin);
}

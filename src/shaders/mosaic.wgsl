// Paints the feature maps of a value as a mosaic, each channel a tile, straight from the buffer that the network wrote.
//   one value     colour = map((x − low) / (high − low)), clamped
//   two values    colour = colourA · |a| / extent + colourB · |b| / extent, added and clamped
// A tile larger than its map shows each element as a block; a smaller one shows means over whole elements: pixel i of n covers
// the elements from floor(i · N / n) up to floor((i + 1) · N / n), at least one.
// Each tile says which channel it shows, so that a mosaic may hold some of them, in any order.
// Layout: any offset and strides; `drawn.ranges` holds one [low, high] for all channels, or one per channel.
// One invocation (or fragment) computes one pixel.
// `main` writes a storage texture. `vertex` and `fragment` draw the same pixels where the canvas cannot be one.

/** Element type of the values: 0 f32, 1 i32, 2 u32. */
override VALUE_TYPE: u32 = 0u;
/** 1 adds a second value in a second colour. */
override COMPARE: u32 = 0u;
/** 1 where a pixel shows a mean of elements, 0 where every element is a block of pixels. */
override AVERAGE: u32 = 1u;

struct Params {
  /** Top left of the destination rectangle, in pixels. */
  origin: vec2u,
  size: vec2u,
  tile: vec2u,
  /** Columns and rows of a map. */
  map: vec2u,
  columns: u32,
  /** Tiles that show a channel. */
  channels: u32,
  /** Pixels between tiles. */
  gap: u32,
  /** 1 where every channel has its own range. */
  perChannel: u32,
  /** 1 where ranges are symmetric around 0: a comparison then shows magnitudes. */
  symmetric: u32,
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  offsetB: u32,
  channelStrideB: u32,
  rowStrideB: u32,
  columnStrideB: u32,
  colorA: vec4f,
  colorB: vec4f,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> drawn: Ranges;
@group(0) @binding(3) var<storage, read> valuesB: array<u32>;
@group(0) @binding(4) var<storage, read> drawnB: Ranges;
/** RGBA, 8 bits each: the colour map from low to high, then the colours that stand outside it. After these the channel of each tile. */
@group(0) @binding(5) var<storage, read> palette: array<u32>;
@group(0) @binding(6) var output: texture_storage_2d<rgba8unorm, write>;

const LAST_COLOR = 1024.0;
const INFINITE = 1025u;
const NOT_A_NUMBER = 1026u;
const EMPTY = 1027u;
const FIRST_TILE = 1028u;

/** As range.wgsl writes them. */
struct Ranges {
  nonFinite: vec2f,
  ranges: array<vec2f>,
}

struct Mean {
  value: f32,
  /** 0, or the palette's entry for the worst kind of element among those averaged. */
  special: u32,
}

/** Where elements lie. */
struct Place {
  start: u32,
  rowStride: u32,
  columnStride: u32,
}

/** By bits: a compiler may assume that no f32 is infinite or NaN. */
fn specialOf(bits: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  let special = select(select(0u, INFINITE, magnitude == 0x7f800000u), NOT_A_NUMBER, magnitude > 0x7f800000u);
  return select(0u, special, VALUE_TYPE == 0u);
}

fn toNumber(bits: u32) -> f32 {
  return select(select(f32(bits), f32(bitcast<i32>(bits)), VALUE_TYPE == 1u), bitcast<f32>(bits), VALUE_TYPE == 0u);
}

fn add(mean: Mean, bits: u32) -> Mean {
  let special = specialOf(bits);
  return Mean(mean.value + toNumber(select(0u, bits, special == 0u)), max(mean.special, special));
}

/** Mean over the elements from `first` up to `last`, exclusive, of one channel. */
fn meanA(place: Place, first: vec2u, last: vec2u) -> Mean {
  let at = place.start + first.y * place.rowStride + first.x * place.columnStride;
  if (AVERAGE == 0u) { return add(Mean(), values[at]); }
  var sum = Mean();
  for (var y = first.y; y < last.y; y++) {
    var index = place.start + y * place.rowStride + first.x * place.columnStride;
    for (var x = first.x; x < last.x; x++) {
      sum = add(sum, values[index]);
      index += place.columnStride;
    }
  }
  let extent = last - first;
  return Mean(sum.value / f32(extent.x * extent.y), sum.special);
}

fn meanB(place: Place, first: vec2u, last: vec2u) -> Mean {
  let at = place.start + first.y * place.rowStride + first.x * place.columnStride;
  if (AVERAGE == 0u) { return add(Mean(), valuesB[at]); }
  var sum = Mean();
  for (var y = first.y; y < last.y; y++) {
    var index = place.start + y * place.rowStride + first.x * place.columnStride;
    for (var x = first.x; x < last.x; x++) {
      sum = add(sum, valuesB[index]);
      index += place.columnStride;
    }
  }
  let extent = last - first;
  return Mean(sum.value / f32(extent.x * extent.y), sum.special);
}

/** Where x lies in the range, 0…1; an empty range shows everything as its low end. */
fn normalize1(x: f32, range: vec2f) -> f32 {
  let extent = range.y - range.x;
  return clamp(select((x - range.x) / extent, 0.0, extent <= 0.0), 0.0, 1.0);
}

/** How strongly a value shows in a comparison. */
fn intensity(x: f32, range: vec2f, isSymmetric: bool) -> f32 {
  return select(normalize1(x, range), normalize1(abs(x), vec2f(0.0, range.y)), isSymmetric);
}

/** ⌊a / b⌋, exact up to 2²² and many times faster than the division of integers. */
fn quotient(a: vec2u, b: vec2u) -> vec2u {
  return vec2u((vec2f(a) + 0.5) / vec2f(b));
}

/** The colour of a pixel of the destination rectangle. */
fn colorAt(pixel: vec2u) -> vec4f {
  let tile = params.tile;
  let map = params.map;
  let columns = params.columns;
  let channels = params.channels;
  let isSymmetric = params.symmetric == 1u;
  let pitch = tile + params.gap;
  let cell = quotient(pixel, pitch);
  let inside = pixel - cell * pitch;
  let wanted = cell.y * columns + cell.x;
  let isEmpty = any(inside >= tile) | (cell.x >= columns) | (wanted >= channels);

  // Pixels of gaps and empty cells read as their neighbours do, so that all lanes of a subgroup take the same branch.
  let channel = palette[FIRST_TILE + min(wanted, channels - 1u)];
  let first = min(quotient(inside * map, tile), map - 1u);
  let last = max(first + 1u, min(quotient((inside + 1u) * map, tile), map));
  let scope = channel * params.perChannel;
  let range = drawn.ranges[scope];
  let a = meanA(Place(params.offset + channel * params.channelStride, params.rowStride, params.columnStride), first, last);
  var special = a.special;
  // A range of no extent around 0 is a map of zeros: the middle of a diverging colour map.
  let t = select(normalize1(a.value, range), 0.5, isSymmetric & (range.y <= range.x));
  var entry = u32(t * LAST_COLOR + 0.5);
  var mixed = vec3f();
  if (COMPARE == 1u) {
    let b = meanB(Place(params.offsetB + channel * params.channelStrideB, params.rowStrideB, params.columnStrideB), first, last);
    special = max(special, b.special);
    mixed = params.colorA.rgb * intensity(a.value, range, isSymmetric) + params.colorB.rgb * intensity(b.value, drawnB.ranges[scope], isSymmetric);
  }
  special = select(special, EMPTY, isEmpty);
  entry = select(entry, special, special != 0u);
  let color = unpack4x8unorm(palette[entry]);
  let isMixed = (COMPARE == 1u) & (special == 0u);
  return select(color, vec4f(min(mixed, vec3f(1.0)), 1.0), isMixed);
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

// Writes a batch of examples into a network's input, from pictures that lie on the GPU as bytes, [pictures, channels, rows, columns], four to a word.
// Each is changed by numbers of its own, as `applyChanges` of augment.ts does on the CPU, in this order:
//
//   moved    read at columns x · (column, row, 1) and rows y · (column, row, 1), linear between pixels; what lies outside is as the edge
//   light    times a number, at most 255
//   noise    plus a normal number, within 0…255
//   cut      128 inside a rectangle
//
// and prepared: channel k is scale[k] · channel origins[k] + shift[k]. One invocation computes one pixel, all its channels; its y is the example.

const WORKGROUP_SIZE = 64u;

struct Params {
  width: u32,
  height: u32,
  channels: u32,
  /** Words of one picture. */
  pictureWords: u32,
  offset: u32,
  exampleStride: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  origins: vec4<u32>,
  scales: vec4<f32>,
  shifts: vec4<f32>,
}

/** The names are those of `Changes`; x and y count 2⁻¹⁴ and, in the `fine` ones, 2⁻²⁸ pixels. */
struct Example {
  slot: u32,
  isMoved: u32,
  x: array<i32, 3>,
  xFine: array<i32, 3>,
  y: array<i32, 3>,
  yFine: array<i32, 3>,
  light: f32,
  deviation: f32,
  key: u32,
  top: u32,
  bottom: u32,
  left: u32,
  right: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pictures: array<u32>;
@group(0) @binding(2) var<storage, read> examples: array<Example>;
@group(0) @binding(3) var<storage, read_write> tensor: array<f32>;

fn byte_at(index: u32) -> f32 {
  return f32((pictures[index >> 2u] >> (8u * (index & 3u))) & 255u);
}

/** A place between two pixels: the first one, and how far behind it. 32 bits of a float would not do for large pictures. */
struct Place {
  first: u32,
  second: u32,
  share: f32,
}

fn place_of(factors: array<i32, 3>, fine: array<i32, 3>, column: i32, row: i32, extent: u32) -> Place {
  let low = fine[0] * column + fine[1] * row + fine[2];
  let high = factors[0] * column + factors[1] * row + factors[2] + (low >> 14u);
  let first = high >> 14u;
  let last = i32(extent) - 1;
  if (first < 0) { return Place(0u, 0u, 0.0); }
  if (first >= last) { return Place(u32(last), u32(last), 0.0); }
  let share = f32(((high & 16383) << 14u) | (low & 16383)) * exp2(-28.0);
  return Place(u32(first), u32(first) + 1u, share);
}

/** MurmurHash3's finaliser, as in random.ts. */
fn mix_bits(bits: u32) -> u32 {
  var x = (bits ^ (bits >> 16u)) * 0x85ebca6bu;
  x = (x ^ (x >> 13u)) * 0xc2b2ae35u;
  return x ^ (x >> 16u);
}

fn random_bits(key: u32, counter: u32) -> u32 {
  return mix_bits(key + counter * 0x9e3779b9u);
}

/** The number of this element of `fillNormal`: pairs by the method of Box and Muller. WGSL's own cosine is exact to 2⁻¹¹ only. */
fn normal_at(key: u32, element: u32) -> f32 {
  let radius = sqrt(max(0.0, -2.0 * log((f32(random_bits(key, element & ~1u)) + 0.5) * exp2(-32.0))));
  let bits = random_bits(key, element | 1u);
  // The nearest quarter of a turn, and the angle from there, at most π/4 either way.
  let quarter = (bits + 0x20000000u) >> 30u;
  let angle = f32(bitcast<i32>(bits - (quarter << 30u))) * (6.283185307 * exp2(-32.0));
  let square = angle * angle;
  let sine = angle * (1.0 + square * (-1.0 / 6.0 + square * (1.0 / 120.0 + square * (-1.0 / 5040.0 + square / 362880.0))));
  let cosine = 1.0 + square * (-0.5 + square * (1.0 / 24.0 + square * (-1.0 / 720.0 + square / 40320.0)));
  // An odd element takes the sine of the whole angle, an even one the cosine: the sine a quarter further.
  let turned = quarter + 1u - (element & 1u);
  let part = select(sine, cosine, (turned & 1u) == 1u);
  return radius * select(part, -part, (turned & 2u) == 2u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let plane = params.width * params.height;
  let pixel = id.x;
  if (pixel >= plane) {
    return;
  }
  let example = examples[id.y];
  let row = pixel / params.width;
  let column = pixel % params.width;
  let begin = 4u * example.slot * params.pictureWords;
  let at = params.offset + id.y * params.exampleStride + row * params.rowStride + column * params.columnStride;
  let isCut = row >= example.top && row < example.bottom && column >= example.left && column < example.right;
  var x = Place(column, column, 0.0);
  var y = Place(row, row, 0.0);
  if (example.isMoved == 1u) {
    x = place_of(example.x, example.xFine, i32(column), i32(row), params.width);
    y = place_of(example.y, example.yFine, i32(column), i32(row), params.height);
  }
  for (var channel = 0u; channel < params.channels; channel++) {
    let origin = params.origins[channel];
    let first = begin + origin * plane;
    var value = byte_at(first + y.first * params.width + x.first);
    if (example.isMoved == 1u) {
      let upper = value * (1.0 - x.share) + byte_at(first + y.first * params.width + x.second) * x.share;
      let lower = byte_at(first + y.second * params.width + x.first) * (1.0 - x.share)
        + byte_at(first + y.second * params.width + x.second) * x.share;
      value = upper * (1.0 - y.share) + lower * y.share;
    }
    value = min(255.0, value * example.light);
    if (example.deviation > 0.0) {
      value = clamp(value + example.deviation * normal_at(example.key, origin * plane + pixel), 0.0, 255.0);
    }
    value = select(value, 128.0, isCut);
    tensor[at + channel * params.channelStride] = value * params.scales[channel] + params.shifts[channel];
  }
}

// Robust extents of feature maps: 99% of the elements other than 0 that are finite have |x| ≤ extent; 0 where a sample cannot tell.
// The sample is one element from each run of `sampleStride`, where in it a hash of its number says. The digits of the extent's bits are
// found one after the other by counting (a radix select), since floats that are not negative have the order of their bits.
// A sample with fewer than 100 elements other than 0 tells nothing. The same values always give the same extent.
// Layout: `extents[range]` is of channel `range`, or of all channels where `rangeCount` is 1. One workgroup makes one extent.

/** Element type of `values`: 0 f32, 1 i32, 2 u32. */
override VALUE_TYPE: u32 = 0u;

struct Params {
  rangeCount: u32,
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  mapWidth: u32,
  /** Elements of one channel. */
  area: u32,
  sampleCount: u32,
  sampleStride: u32,
}

/** The leading bits of the element looked for, and its rank among the elements that begin with them, the largest first. */
struct Place {
  bits: u32,
  rank: u32,
  /** Elements of the sample other than 0. */
  total: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> extents: array<f32>;

const WORKGROUP_SIZE = 64u;
/** SwiftShader compiles a workgroup's array word by word: 1,024 counts took it a second. */
const DIGIT_BITS = 6u;
const DIGITS = 64u;
/** What three digits leave of a float without its sign: 10 of the 23 bits of its fraction are told. */
const UNTOLD_BITS = 13u;

var<workgroup> counts: array<atomic<u32>, DIGITS>;
var<workgroup> place: Place;

/** The bits of |x| of an element of the sample; 0 where it is not finite. */
fn sampleAt(range: u32, index: u32) -> u32 {
  let element = index * params.sampleStride + ((index * 2654435761u) >> 12u) % params.sampleStride;
  let channel = element / params.area;
  let inside = element - channel * params.area;
  let y = inside / params.mapWidth;
  let x = inside - y * params.mapWidth;
  let bits = values[params.offset + (range + channel) * params.channelStride + y * params.rowStride + x * params.columnStride];
  let magnitude = bits & 0x7fffffffu;
  let whole = bitcast<u32>(abs(select(f32(bits), f32(bitcast<i32>(bits)), VALUE_TYPE == 1u)));
  return select(whole, select(0u, magnitude, magnitude < 0x7f800000u), VALUE_TYPE == 0u);
}

/** The place one digit further, by the counts of all digits. */
fn nextPlace(before: Place) -> Place {
  var total = 0u;
  for (var i = 0u; i < DIGITS; i++) { total += atomicLoad(&counts[i]); }
  // The first digit's counts tell how many elements there are.
  let all = select(before.total, total, before.total == 0u);
  let rank = select(before.rank, all / 100u, before.total == 0u);
  var digit = DIGITS - 1u;
  var larger = 0u;
  while ((digit > 0u) & (larger + atomicLoad(&counts[digit]) <= rank)) {
    larger += atomicLoad(&counts[digit]);
    digit--;
  }
  return Place(before.bits * DIGITS + digit, rank - larger, all);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groupCount: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let range = group.x + group.y * groupCount.x;
  if (range >= params.rangeCount) { return; }
  for (var digit = 3u; digit > 0u; digit--) {
    let shift = UNTOLD_BITS + (digit - 1u) * DIGIT_BITS;
    atomicStore(&counts[lane], 0u);
    workgroupBarrier();
    for (var i = lane; i < params.sampleCount; i += WORKGROUP_SIZE) {
      let bits = sampleAt(range, i);
      if ((bits != 0u) & ((bits >> (shift + DIGIT_BITS)) == place.bits)) { atomicAdd(&counts[(bits >> shift) % DIGITS], 1u); }
    }
    workgroupBarrier();
    if (lane == 0u) { place = nextPlace(place); }
    workgroupBarrier();
  }
  // The bits that no digit tells are taken as ones.
  let extent = bitcast<f32>((place.bits << UNTOLD_BITS) | ((1u << UNTOLD_BITS) - 1u));
  if (lane == 0u) { extents[range] = select(0.0, extent, place.total >= 100u); }
}

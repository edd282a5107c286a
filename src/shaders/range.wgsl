// Statistics of feature maps, second half: merges partial statistics and turns them into the range [low, high] to draw.
//   maximum   low = min(0, min x),         high = max(0, max x)
//   robust    low = max(that, −extent),    high = min(that, extent), where 99% of the elements other than 0 have |x| ≤ extent
//   chollet   low = mean − 128 / 64 σ,     high = mean + 127 / 64 σ
// symmetric   ±max(|low|, |high|), so that 0 lies in the middle of a diverging colour map
// Over time a range widens at once and narrows by the share `clock[0]` of what is left: 1 − exp(−Δt / τ), or 1 at first.
// `extent` comes from a sample: one element from each run of `sampleStride`, where in it a hash of its number says. The digits of its
// bits are found one after the other by counting (a radix select), since floats that are not negative have the order of their bits.
// A sample with fewer than 100 elements other than 0 clips nothing. The same values always give the same range.
// Layout: `partialsPerRange` records of `partials` in a row make one entry of `result.ranges`; all of them make `result.nonFinite`.
// One workgroup makes one range; the first also counts what is not finite.

/** Element type of `values`: 0 f32, 1 i32, 2 u32. */
override VALUE_TYPE: u32 = 0u;

struct Params {
  rangeCount: u32,
  partialsPerRange: u32,
  /** 0 maximum, 1 robust, 2 chollet. */
  rule: u32,
  symmetric: u32,
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  mapWidth: u32,
  /** Elements of one channel. */
  area: u32,
  /** Elements of the whole value. */
  total: u32,
  sampleCount: u32,
  sampleStride: u32,
}

struct Result {
  /** How many elements of the value are NaN, and how many infinite. */
  nonFinite: vec2f,
  ranges: array<vec2f>,
}

/** The leading bits of the element looked for, and its rank among the elements that begin with them, the largest first. */
struct Place {
  bits: u32,
  rank: u32,
  total: u32,
}

struct Partial {
  low: f32,
  high: f32,
  mean: f32,
  spread: f32,
  count: f32,
  zeros: f32,
  notNumbers: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<Partial>;
@group(0) @binding(2) var<storage, read> clock: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: Result;
@group(0) @binding(4) var<storage, read> values: array<u32>;

const WORKGROUP_SIZE = 64u;
const LARGEST = 3.4e38;

const ROBUST = 1u;
const CHOLLET = 2u;
/** A digit has 10 bits. */
const DIGITS = 1024u;
const DIGITS_PER_LANE = 16u;

var<workgroup> lanes: array<Partial, WORKGROUP_SIZE>;
var<workgroup> counts: array<atomic<u32>, DIGITS>;
var<workgroup> laneCounts: array<u32, WORKGROUP_SIZE>;
var<workgroup> place: Place;

/** Statistics of the union of two disjoint sets (Chan, Golub and LeVeque 1979). */
fn merge(a: Partial, b: Partial) -> Partial {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let distance = b.mean - a.mean;
  return Partial(
    min(a.low, b.low),
    max(a.high, b.high),
    a.mean + distance * share,
    a.spread + b.spread + distance * distance * a.count * share,
    count,
    a.zeros + b.zeros,
    a.notNumbers + b.notNumbers,
  );
}

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

/** Finds the next digit of the element looked for: the 10 bits from `shift` on. */
fn findDigit(range: u32, lane: u32, shift: u32) {
  for (var i = lane; i < DIGITS; i += WORKGROUP_SIZE) { atomicStore(&counts[i], 0u); }
  workgroupBarrier();
  for (var i = lane; i < params.sampleCount; i += WORKGROUP_SIZE) {
    let bits = sampleAt(range, i);
    if ((bits != 0u) & ((bits >> (shift + 10u)) == place.bits)) { atomicAdd(&counts[(bits >> shift) % DIGITS], 1u); }
  }
  workgroupBarrier();
  let first = lane * DIGITS_PER_LANE;
  var sum = 0u;
  for (var i = 0u; i < DIGITS_PER_LANE; i++) { sum += atomicLoad(&counts[first + i]); }
  laneCounts[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) { place = nextPlace(place); }
  workgroupBarrier();
}

fn nextPlace(before: Place) -> Place {
  var after = before;
  // The first digit's counts tell how many elements there are.
  if (before.total == 0u) {
    for (var i = 0u; i < WORKGROUP_SIZE; i++) { after.total += laneCounts[i]; }
    after.rank = after.total / 100u;
  }
  var group = WORKGROUP_SIZE - 1u;
  while ((group > 0u) & (laneCounts[group] <= after.rank)) {
    after.rank -= laneCounts[group];
    group--;
  }
  let first = group * DIGITS_PER_LANE;
  var digit = first + DIGITS_PER_LANE - 1u;
  while ((digit > first) & (atomicLoad(&counts[digit]) <= after.rank)) {
    after.rank -= atomicLoad(&counts[digit]);
    digit--;
  }
  after.bits = before.bits * DIGITS + digit;
  return after;
}

fn rangeOf(all: Partial) -> vec2f {
  let empty = all.count == 0.0;
  let least = select(all.low, 0.0, empty);
  let most = select(all.high, 0.0, empty);
  let deviation = sqrt(all.spread / max(all.count, 1.0));
  var low = min(0.0, least);
  var high = max(0.0, most);
  if (params.rule == ROBUST && place.total >= 100u) {
    // The bits that no digit tells are taken as ones.
    let extent = bitcast<f32>((place.bits << 11u) | 0x7ffu);
    low = max(low, -extent);
    high = min(high, extent);
  }
  // A channel that is 0 everywhere stays dark, as in the original.
  if (params.rule == CHOLLET && (least != 0.0 || most != 0.0)) {
    low = all.mean - 2.0 * deviation;
    high = all.mean + 127.0 / 64.0 * deviation;
  }
  let extent = max(abs(low), abs(high));
  return select(vec2f(low, high), vec2f(-extent, extent), params.symmetric == 1u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groupCount: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let range = group.x + group.y * groupCount.x;
  if (range >= params.rangeCount) { return; }

  var mine = Partial(LARGEST, -LARGEST, 0.0, 0.0, 0.0, 0.0, 0.0);
  for (var i = lane; i < params.partialsPerRange; i += WORKGROUP_SIZE) {
    mine = merge(mine, partials[range * params.partialsPerRange + i]);
  }
  lanes[lane] = mine;
  workgroupBarrier();
  if (params.rule == ROBUST) {
    findDigit(range, lane, 21u);
    findDigit(range, lane, 11u);
  }
  if (lane != 0u) { return; }
  for (var other = 1u; other < min(WORKGROUP_SIZE, params.partialsPerRange); other++) {
    mine = merge(mine, lanes[other]);
  }

  let wanted = rangeOf(mine);
  let before = result.ranges[range];
  let narrowed = mix(before, wanted, clock[0]);
  result.ranges[range] = vec2f(min(wanted.x, narrowed.x), max(wanted.y, narrowed.y));
  if (range != 0u) { return; }
  var all = vec2f(mine.count, mine.notNumbers);
  for (var i = params.partialsPerRange; i < params.partialsPerRange * params.rangeCount; i++) {
    all += vec2f(partials[i].count, partials[i].notNumbers);
  }
  result.nonFinite = vec2f(all.y, f32(params.total) - all.x - all.y);
}

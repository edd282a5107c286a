// Statistics of feature maps, second half: merges partial statistics and turns them into the range [low, high] to draw.
//   extremes    low = max(min(0, min x), −extent),  high = min(max(0, max x), extent), where the extent is not 0
//   chollet     low = mean − 128 / 64 σ,            high = mean + 127 / 64 σ
//   fixed       low and high stay what they are in `result`
//   symmetric   ±max(|low|, |high|), so that 0 lies in the middle of a diverging colour map
// Over time a range widens at once and narrows by the share `clock[0]` of what is left: 1 − exp(−Δt / τ), or 1 at first.
// Layout: `partialsPerRange` records of `partials` in a row make one entry of `result.ranges`; all of them make `result.nonFinite`.
// `extents` are of robust-extent.wgsl, or zeros. One workgroup makes one range; the first also counts what is not finite.

struct Params {
  rangeCount: u32,
  partialsPerRange: u32,
  /** 0 extremes, 1 chollet, 2 fixed. */
  rule: u32,
  symmetric: u32,
  /** Elements of the whole value. */
  total: u32,
}

struct Result {
  /** How many elements of the value are NaN, and how many infinite. */
  nonFinite: vec2f,
  ranges: array<vec2f>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<Partial>;
@group(0) @binding(2) var<storage, read> clock: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: Result;
@group(0) @binding(4) var<storage, read> extents: array<f32>;

const WORKGROUP_SIZE = 64u;
const LARGEST = 3.4e38;

const CHOLLET = 1u;
const FIXED = 2u;

var<workgroup> lanes: array<Partial, WORKGROUP_SIZE>;

fn rangeOf(all: Partial, bound: f32) -> vec2f {
  let empty = all.count == 0.0;
  let least = select(all.low, 0.0, empty);
  let most = select(all.high, 0.0, empty);
  let deviation = sqrt(all.spread / max(all.count, 1.0));
  let limit = select(bound, LARGEST, bound == 0.0);
  var low = max(min(0.0, least), -limit);
  var high = min(max(0.0, most), limit);
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
    mine = merge_partials(mine, partials[range * params.partialsPerRange + i]);
  }
  lanes[lane] = mine;
  workgroupBarrier();
  if (lane != 0u) { return; }
  for (var other = 1u; other < min(WORKGROUP_SIZE, params.partialsPerRange); other++) {
    mine = merge_partials(mine, lanes[other]);
  }

  let wanted = rangeOf(mine, extents[range]);
  let before = result.ranges[range];
  let narrowed = mix(before, wanted, clock[0]);
  if (params.rule != FIXED) { result.ranges[range] = vec2f(min(wanted.x, narrowed.x), max(wanted.y, narrowed.y)); }
  if (range != 0u) { return; }
  var all = vec2f(mine.count, mine.notNumbers);
  for (var i = params.partialsPerRange; i < params.partialsPerRange * params.rangeCount; i++) {
    all += vec2f(partials[i].count, partials[i].notNumbers);
  }
  result.nonFinite = vec2f(all.y, f32(params.total) - all.x - all.y);
}

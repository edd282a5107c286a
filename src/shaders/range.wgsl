// Statistics of feature maps, second half: merges partial statistics and turns them into the range [low, high] to draw.
//   maximum   low = min(0, min x),                 high = max(0, max x)
//   robust    low = max(that, min(0, mean − 3 σ)), high = min(that, max(0, mean + 3 σ))
//   chollet   low = mean − 128 / 64 σ,             high = mean + 127 / 64 σ
// symmetric   ±max(|low|, |high|), so that 0 lies in the middle of a diverging colour map
// Over time a range widens at once and narrows by the share `clock[0]` of what is left: 1 − exp(−Δt / τ), or 1 at first.
// Layout: `partialsPerRange` records of `partials` in a row make one entry of `ranges`.
// One workgroup makes one range.

struct Params {
  rangeCount: u32,
  partialsPerRange: u32,
  /** 0 maximum, 1 robust, 2 chollet. */
  rule: u32,
  symmetric: u32,
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
@group(0) @binding(3) var<storage, read_write> ranges: array<vec2f>;

const WORKGROUP_SIZE = 64u;
const LARGEST = 3.4e38;

var<workgroup> lanes: array<Partial, WORKGROUP_SIZE>;

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

fn rangeOf(all: Partial) -> vec2f {
  let empty = all.count == 0.0;
  let least = select(all.low, 0.0, empty);
  let most = select(all.high, 0.0, empty);
  let deviation = sqrt(all.spread / max(all.count, 1.0));
  var low = min(0.0, least);
  var high = max(0.0, most);
  if (params.rule == 1u) {
    low = max(low, min(0.0, all.mean - 3.0 * deviation));
    high = min(high, max(0.0, all.mean + 3.0 * deviation));
  }
  // A channel that is 0 everywhere stays dark, as in the original.
  if (params.rule == 2u && (least != 0.0 || most != 0.0)) {
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
  if (lane != 0u) { return; }
  for (var other = 1u; other < min(WORKGROUP_SIZE, params.partialsPerRange); other++) {
    mine = merge(mine, lanes[other]);
  }

  let wanted = rangeOf(mine);
  let before = ranges[range];
  let narrowed = mix(before, wanted, clock[0]);
  ranges[range] = vec2f(min(wanted.x, narrowed.x), max(wanted.y, narrowed.y));
}

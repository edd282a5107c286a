// Chooses the class that an explanation is of, from the scores s of a frame, and writes it as a seed:
//   index = wanted, or the first i with the largest s[i] where wanted is none of the classes
//   seed[i] = 1 where i = index, else 0, less 1 where i = against
// NaN is never the largest. Layout: any offset and stride. One workgroup; each lane compares every 64th score.

struct Params {
  /** Classes. */
  count: u32,
  scoreOffset: u32,
  scoreStride: u32,
  seedOffset: u32,
  seedStride: u32,
  /** The class, or `count` for the one of the largest score. */
  wanted: u32,
  /** Another class, whose score is taken off, or `count` for none. */
  against: u32,
}

struct Chosen {
  index: u32,
  /** 1 where it is another class than in the frame before. */
  isNew: u32,
  score: f32,
  /** Of the other class; 0 where there is none. */
  againstScore: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read_write> seed: array<f32>;
@group(0) @binding(3) var<storage, read_write> chosen: Chosen;

const LANES = 64u;
const LEAST = -3.4e38;

var<workgroup> best: array<f32, LANES>;
var<workgroup> places: array<u32, LANES>;
var<workgroup> index: u32;

fn scoreOf(i: u32) -> f32 {
  return scores[params.scoreOffset + i * params.scoreStride];
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var largest = LEAST;
  var place = 0u;
  for (var i = lane; i < params.count; i += LANES) {
    let score = scoreOf(i);
    let isLarger = (score > largest) & !is_nan(score);
    largest = select(largest, score, isLarger);
    place = select(place, i, isLarger);
  }
  best[lane] = largest;
  places[lane] = place;
  workgroupBarrier();
  if (lane == 0u) {
    for (var other = 1u; other < LANES; other++) {
      let isBetter = (best[other] > largest) | ((best[other] == largest) & (places[other] < place));
      largest = select(largest, best[other], isBetter);
      place = select(place, places[other], isBetter);
    }
    index = select(place, params.wanted, params.wanted < params.count);
    chosen.isNew = select(0u, 1u, chosen.index != index);
    chosen.index = index;
    chosen.score = scoreOf(index);
    chosen.againstScore = 0.0;
    if (params.against < params.count) { chosen.againstScore = scoreOf(params.against); }
  }
  workgroupBarrier();
  for (var i = lane; i < params.count; i += LANES) {
    seed[params.seedOffset + i * params.seedStride] = select(0.0, 1.0, i == index) - select(0.0, 1.0, i == params.against);
  }
}

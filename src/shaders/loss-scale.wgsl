// What becomes of a step whose loss was multiplied by a scale, from the squares of all its gradients:
//
//   all finite   the optimiser takes the step, gradients times `factor`; after `every` such steps the scale doubles
//   not finite   the optimiser takes nothing, and the scale is halved
//
// In the parts of a step before the last nothing changes. One invocation computes it: sums are few.

// What the rates are: see ops/training/update.ts.
override RATE_COUNT: u32 = 8u;
override MEAN: u32 = 1u;
override SQUARE: u32 = 2u;
override TAKES: u32 = 5u;

struct Params {
  sums: u32,
  every: f32, // steps
  least: f32, // bounds of the scale
  most: f32,
  is_fixed: u32, // 0 or 1: the scale stays
  longest: f32, // gradients that are longer, all together, are shortened to it; 0 where they are not
  first_decay: f32, // Adam's β₁ and β₂
  second_decay: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read> rates: array<f32>;
@group(0) @binding(3) var<storage, read> counts: array<f32>; // steps since the scale changed, steps not taken, β₁ⁿ and β₂ⁿ after n steps taken
@group(0) @binding(4) var<storage, read_write> scale: array<f32>;
@group(0) @binding(5) var<storage, read_write> next_counts: array<f32>;
@group(0) @binding(6) var<storage, read_write> next_rates: array<f32>;
@group(0) @binding(7) var<storage, read_write> factor: array<f32>;

@compute @workgroup_size(1)
fn main() {
  var total = 0.0;
  for (var i = 0u; i < params.sums; i++) {
    total += squares[i];
  }
  // By its bits: a compiler may take for granted that numbers are finite.
  let is_finite = (bitcast<u32>(total) & 0x7f800000u) != 0x7f800000u;
  let is_last = rates[TAKES] > 0.5;
  let takes = is_last & is_finite;
  let before = scale[0];
  // As PyTorch's clip_grad_norm_.
  let shortened = min(1.0, params.longest / (sqrt(total) / before + 1e-6));
  factor[0] = select(1.0, shortened, params.longest > 0.0) / before;

  let good = select(0.0, counts[0] + 1.0, takes);
  let skipped = counts[1] + select(1.0, 0.0, takes);
  let grows = good >= params.every;
  let halved = max(before * 0.5, params.least);
  let doubled = min(before * 2.0, params.most);
  let moved = select(halved, select(before, doubled, grows), takes);
  scale[0] = select(before, moved, is_last & (params.is_fixed == 0u));
  let first = counts[2] * select(1.0, params.first_decay, takes);
  let second = counts[3] * select(1.0, params.second_decay, takes);
  next_counts[0] = select(counts[0], select(good, 0.0, grows), is_last);
  next_counts[1] = select(counts[1], skipped, is_last);
  next_counts[2] = first;
  next_counts[3] = second;

  for (var i = 0u; i < RATE_COUNT; i++) {
    next_rates[i] = rates[i];
  }
  next_rates[TAKES] = select(0.0, 1.0, takes);
  // The moments of Adam have not seen the steps that were not taken.
  if (takes & (counts[1] > 0.0)) {
    next_rates[MEAN] = 1.0 / (1.0 - first);
    next_rates[SQUARE] = 1.0 / (1.0 - second);
  }
}

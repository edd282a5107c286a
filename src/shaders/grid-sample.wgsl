// GridSample: a dense value [n, c, depth, height, width] looked up at places that lie between its elements. Without depth its extent is 1.
//
//   y[n, c, p] = Σ over taps of weight(tap) · x[n, c, tap],   taps around place(grid[n, p])
//
// A grid has x, y and z in that order; −1 and 1 are the ends of an axis: the centres of the outermost elements, or their outer edges. One
// invocation computes one element of the output.

override MODE: u32 = 0u; // 0 nearest, 1 linear, 2 cubic
override PADDING: u32 = 0u; // outside: 0 zeros, 1 the nearest element, 2 reflected

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // output elements
  points: u32, // per picture
  channels: u32,
  axes: u32, // 2 or 3
  extent: vec3<i32>, // width, height, depth
  align_corners: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> grid: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

// A coordinate folded back between two ends, as often as it takes.
fn reflected(at: f32, low: f32, high: f32) -> f32 {
  let range = high - low;
  let beyond = select(at - high, low - at, at < low);
  let turns = floor(beyond / range);
  let rest = beyond - turns * range;
  let is_odd = abs(turns - 2.0 * floor(turns / 2.0)) == 1.0;
  let from_low = is_odd != (at < low);
  let folded = select(high - rest, low + rest, from_low);
  return select(at, select(folded, low, range <= 0.0), (at < low) | (at > high));
}

// A place among the elements of an axis.
fn place(value: f32, extent: i32) -> f32 {
  let size = f32(extent);
  let aligned = params.align_corners == 1u;
  let at = select(((value + 1.0) * size - 1.0) / 2.0, (value + 1.0) / 2.0 * (size - 1.0), aligned);
  let known = select(at, round(at), MODE == 0u);
  let low = select(-0.5, 0.0, aligned);
  let high = select(size - 0.5, size - 1.0, aligned);
  if (PADDING == 1u) {
    return clamp(known, 0.0, size - 1.0);
  }
  if (PADDING == 2u) {
    return reflected(known, low, high);
  }
  return known;
}

// The element that a tap stands for, or -1.
fn element(tap: f32, extent: i32) -> i32 {
  let last = f32(extent) - 1.0;
  let aligned = params.align_corners == 1u;
  let low = select(-0.5, 0.0, aligned);
  let high = select(last + 0.5, last, aligned);
  var at = tap;
  if (PADDING == 1u) {
    at = clamp(tap, 0.0, last);
  }
  if (PADDING == 2u) {
    at = trunc(reflected(tap, low, high));
  }
  return select(-1, i32(at), (at >= 0.0) & (at <= last));
}

// Of tap k, where the place lies t behind the last tap at or before it.
fn weight_of(k: u32, t: f32) -> f32 {
  if (MODE == 0u) {
    return 1.0;
  }
  if (MODE == 1u) {
    return select(t, 1.0 - t, k == 0u);
  }
  let distance = abs(t + 1.0 - f32(k));
  let near = ((1.25 * distance - 2.25) * distance) * distance + 1.0;
  let far = ((-0.75 * distance + 3.75) * distance - 6.0) * distance + 3.0;
  return select(far, near, distance <= 1.0);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let point = index % params.points;
  let map = index / params.points;
  let extent = params.extent;
  let at = ((map / params.channels) * params.points + point) * params.axes;
  let has_depth = params.axes == 3u;
  let own = vec3<f32>(
    place(grid[at], extent.x),
    place(grid[at + 1u], extent.y),
    select(0.0, place(grid[at + params.axes - 1u], extent.z), has_depth),
  );
  let taps = select(select(4u, 2u, MODE == 1u), 1u, MODE == 0u);
  let taps_z = select(1u, taps, has_depth);
  let lower = floor(own);
  let t = own - lower;
  let first = lower - select(0.0, 1.0, MODE == 2u);
  let base = map * u32(extent.x * extent.y * extent.z);
  var sum = 0.0;
  for (var kz = 0u; kz < taps_z; kz++) {
    let z = select(0, element(first.z + f32(kz), extent.z), has_depth);
    let weight_z = select(1.0, weight_of(kz, t.z), has_depth);
    for (var ky = 0u; ky < taps; ky++) {
      let y = element(first.y + f32(ky), extent.y);
      let weight_y = weight_z * weight_of(ky, t.y);
      for (var kx = 0u; kx < taps; kx++) {
        let x = element(first.x + f32(kx), extent.x);
        let is_inside = (x >= 0) & (y >= 0) & (z >= 0);
        let source = base + u32((max(z, 0) * extent.y + max(y, 0)) * extent.x + max(x, 0));
        sum += weight_y * weight_of(kx, t.x) * select(0.0, input[source], is_inside);
      }
    }
  }
  output[index] = sum;
}

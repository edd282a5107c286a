// RoiAlign: each region of a dense map [n, c, height, width] is parted into bins, and each bin becomes the mean, or the largest, of samples in it.
//
// A sample is taken between the four elements around it; beside the map by more than one element it is 0. One invocation computes one bin of one
// channel. Of regions that are far larger than the map only the samples that may touch it are visited.

override IS_MAX: u32 = 0u;

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32, // output elements
  channels: u32,
  pictures: i32,
  sampling: u32, // samples along each axis of a bin; 0: as many as it has elements
  input_extent: vec2<i32>, // height, width
  output_extent: vec2<u32>,
  scale: f32,
  shift: f32, // 0.5 where elements are counted from their centres
  least: f32, // extent of a region
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read> regions: array<f32>; // x1, y1, x2, y2 each
@group(0) @binding(3) var<storage, read> batch: array<i32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

// Samples from `first` up to `end` may lie within an axis.
fn visited(start: f32, step: f32, count: f32, extent: i32) -> vec2<u32> {
  let first = floor((-1.0 - start) / step - 1.0);
  let end = ceil((f32(extent) - start) / step + 1.0);
  return vec2<u32>(clamp(vec2<f32>(first, end), vec2<f32>(0.0), vec2<f32>(min(count, 1.0e9))));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let bins = params.output_extent;
  let bin = vec2<f32>(f32((index / bins.y) % bins.x), f32(index % bins.y));
  let region = index / (bins.x * bins.y) / params.channels;
  let channel = index / (bins.x * bins.y) % params.channels;
  let corner = region * 4u;
  let from_place = vec2<f32>(regions[corner + 1u], regions[corner]) * params.scale - params.shift;
  let to_place = vec2<f32>(regions[corner + 3u], regions[corner + 2u]) * params.scale - params.shift;
  let size = max(to_place - from_place, vec2<f32>(params.least)) / vec2<f32>(bins);
  let given = f32(params.sampling);
  let samples = select(max(ceil(size), vec2<f32>(0.0)), vec2<f32>(given), params.sampling > 0u);
  let step = size / max(samples, vec2<f32>(1.0));
  let start = from_place + bin * size;
  let extent = params.input_extent;
  let rows = visited(start.x, step.x, samples.x, extent.x);
  let columns = visited(start.y, step.y, samples.y, extent.y);
  let picture = u32(clamp(batch[region], 0, params.pictures - 1));
  let base = (picture * params.channels + channel) * u32(extent.x * extent.y);
  let last = extent - 1;
  var sum = 0.0;
  var largest = -3.4e38;
  for (var row = rows.x; row < rows.y; row++) {
    for (var column = columns.x; column < columns.y; column++) {
      let at = start + (vec2<f32>(f32(row), f32(column)) + 0.5) * step;
      let is_inside = all((at >= vec2<f32>(-1.0)) & (at <= vec2<f32>(extent)));
      let within = clamp(at, vec2<f32>(0.0), vec2<f32>(last));
      let low = vec2<i32>(within);
      let high = min(low + 1, last);
      let far = within - vec2<f32>(low);
      let near = 1.0 - far;
      let upper = base + u32(low.x * extent.y);
      let lower = base + u32(high.x * extent.y);
      let a = near.x * near.y * input[upper + u32(low.y)];
      let b = near.x * far.y * input[upper + u32(high.y)];
      let c = far.x * near.y * input[lower + u32(low.y)];
      let d = far.x * far.y * input[lower + u32(high.y)];
      sum += select(0.0, a + b + c + d, is_inside);
      largest = larger(largest, select(0.0, larger(larger(a, b), larger(c, d)), is_inside));
    }
  }
  let count = samples.x * samples.y;
  // Samples that were not visited are 0.
  let visits = f32(rows.y - min(rows.x, rows.y)) * f32(columns.y - min(columns.x, columns.y));
  let whole = select(largest, larger(largest, 0.0), visits < count);
  output[index] = select(sum / max(count, 1.0), select(whole, 0.0, count == 0.0), IS_MAX == 1u);
}

// Crops, resizes and normalises a picture into a network's input: for output channel k at row y, column x
//   out = Σ_j color[k][j] · rgb[j] + color[k].w     with rgb in 0…1 resampled at the pixel's place in the source
// The 3×4 `color` matrix holds mean, standard deviation, scale, channel order and grayscale weights at once.
// Layout: any offset and strides, words of f32, i32 or u32. One invocation computes one pixel, all its channels; its z is the picture in a batch.
// The twin of image-to-tensor.wgsl for video frames and cameras, which are read without a copy.

struct Params {
  /** Top left of the source rectangle in source pixels; may lie outside for letterboxing. */
  origin: vec2f,
  /** Source pixels per output pixel. */
  step: vec2f,
  width: u32,
  height: u32,
  channels: u32,
  /** 1 takes the mean over the covered area, 0 the bilinear sample in its middle. */
  isArea: u32,
  offset: u32,
  channelStride: u32,
  rowStride: u32,
  columnStride: u32,
  /** Words from one picture of a fixed batch to the next; all are given the same. */
  batchStride: u32,
  /** 1 stores whole numbers between least and most, 0 floats. */
  isWhole: u32,
  least: f32,
  most: f32,
  /** Colour outside the source. */
  fill: vec4f,
  color: array<vec4f, 4>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var source: texture_external;
@group(0) @binding(2) var<storage, read_write> tensor: array<u32>;

/** Overlap of source pixel i with [low, high], or its triangle weight around `middle`. */
fn weight(i: i32, low: f32, high: f32, middle: f32) -> f32 {
  let left = f32(i);
  let covered = max(0.0, min(left + 1.0, high) - max(left, low));
  let triangle = max(0.0, 1.0 - abs(left + 0.5 - middle));
  return select(triangle, covered, params.isArea == 1u);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.width || id.y >= params.height) { return; }
  let extent = vec2i(textureDimensions(source));
  let middle = params.origin + (vec2f(id.xy) + 0.5) * params.step;
  // The mean covers at least one source pixel, so that magnifying never divides by 0.
  let reach = select(vec2f(1.0), max(params.step, vec2f(1.0)) * 0.5, params.isArea == 1u);
  let low = middle - reach;
  let high = middle + reach;
  let first = vec2i(floor(low));
  let last = vec2i(ceil(high));

  // Pixels at the source's edge repeat beyond it; a sample whose middle lies outside is fill.
  let outside = any(middle < vec2f()) | any(middle >= vec2f(extent));

  var sum = vec3f();
  var total = 0.0;
  for (var y = first.y; y < last.y; y++) {
    let weightY = weight(y, low.y, high.y, middle.y);
    for (var x = first.x; x < last.x; x++) {
      let place = vec2i(x, y);
      let texel = textureLoad(source, clamp(place, vec2i(), extent - 1)).rgb;
      let share = weightY * weight(x, low.x, high.x, middle.x);
      sum += share * texel;
      total += share;
    }
  }
  let rgb = vec4f(select(sum / total, params.fill.rgb, outside), 1.0);
  let at = params.offset + id.z * params.batchStride + id.y * params.rowStride + id.x * params.columnStride;
  for (var channel = 0u; channel < params.channels; channel++) {
    let value = dot(params.color[channel], rgb);
    // Numbers without sign are below 2³¹, where both kinds of integers have the same bits.
    let whole = bitcast<u32>(i32(round(clamp(value, params.least, params.most))));
    tensor[at + channel * params.channelStride] = select(bitcast<u32>(value), whole, params.isWhole == 1u);
  }
}

// Paints pictures that lie one after the other as tiles, row by row, in their own colours.
//   colour = pictures[picture, (red, green, blue), y, x], clamped to 0…1
// An element covers whole pixels, or a pixel shows the mean over whole elements: pixel i of n covers the elements from floor(i · N / n)
// up to floor((i + 1) · N / n), at least one. Gaps and empty cells are transparent.
// Layout: any offset and strides. One fragment computes one pixel.

struct Params {
  /** Pixels of a tile. */
  tile: vec2u,
  /** Columns and rows of a picture. */
  map: vec2u,
  /** Tiles in a row. */
  columns: u32,
  count: u32,
  /** Pixels between tiles. */
  gap: u32,
  offset: u32,
  pictureStride: u32,
  rowStride: u32,
  columnStride: u32,
  /** Elements from the first channel to that of red, green and blue. */
  red: u32,
  green: u32,
  blue: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pictures: array<f32>;

fn colorAt(pixel: vec2u) -> vec4f {
  let pitch = params.tile + params.gap;
  let cell = pixel / pitch;
  let inside = pixel % pitch;
  let picture = cell.y * params.columns + cell.x;
  if (any(inside >= params.tile) || cell.x >= params.columns || picture >= params.count) { return vec4f(); }
  let first = min(inside * params.map / params.tile, params.map - 1u);
  let last = max(first + 1u, min((inside + 1u) * params.map / params.tile, params.map));
  var sum = vec3f();
  for (var y = first.y; y < last.y; y++) {
    for (var x = first.x; x < last.x; x++) {
      let at = params.offset + picture * params.pictureStride + y * params.rowStride + x * params.columnStride;
      sum += vec3f(pictures[at + params.red], pictures[at + params.green], pictures[at + params.blue]);
    }
  }
  let extent = last - first;
  return vec4f(clamp(sum / f32(extent.x * extent.y), vec3f(0.0), vec3f(1.0)), 1.0);
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  // One triangle that covers the whole target.
  return vec4f(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
  return colorAt(vec2u(position.xy));
}

// Paints a network's image input as the picture that it was made from: the arithmetic on its colours is undone.
//   colour k = x[channel of k] · gain[k] + shift[k], clamped to 0…1
// An element covers whole pixels, or a pixel shows the mean over whole elements: pixel i of n covers the elements from floor(i · N / n)
// up to floor((i + 1) · N / n), at least one.
// Layout: any offset and strides. One invocation (or fragment) computes one pixel.

/** Element type of the values: 0 f32, 1 i32, 2 u32. */
override VALUE_TYPE: u32 = 0u;

struct Params {
  /** Top left of the destination rectangle, in pixels. */
  origin: vec2u,
  size: vec2u,
  /** Columns and rows of the input. */
  map: vec2u,
  offset: u32,
  rowStride: u32,
  columnStride: u32,
  /** Elements from the first channel to that of red, green and blue. */
  red: u32,
  green: u32,
  blue: u32,
  gain: vec4f,
  shift: vec4f,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var output: texture_storage_2d<rgba8unorm, write>;

fn toNumber(bits: u32) -> f32 {
  return select(select(f32(bits), f32(bitcast<i32>(bits)), VALUE_TYPE == 1u), bitcast<f32>(bits), VALUE_TYPE == 0u);
}

fn colorAt(pixel: vec2u) -> vec4f {
  let first = min(pixel * params.map / params.size, params.map - 1u);
  let last = max(first + 1u, min((pixel + 1u) * params.map / params.size, params.map));
  var sum = vec3f();
  for (var y = first.y; y < last.y; y++) {
    for (var x = first.x; x < last.x; x++) {
      let at = params.offset + y * params.rowStride + x * params.columnStride;
      sum += vec3f(toNumber(values[at + params.red]), toNumber(values[at + params.green]), toNumber(values[at + params.blue]));
    }
  }
  let extent = last - first;
  let mean = sum / f32(extent.x * extent.y);
  return vec4f(clamp(mean * params.gain.rgb + params.shift.rgb, vec3f(0.0), vec3f(1.0)), 1.0);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (any(id.xy >= params.size)) { return; }
  textureStore(output, params.origin + id.xy, colorAt(id.xy));
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  // One triangle that covers the whole target; the viewport is the destination rectangle.
  return vec4f(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
  return colorAt(vec2u(position.xy) - params.origin);
}

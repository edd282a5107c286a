// Lays heat over a picture that is already drawn: the colour of the heat h, as opaque as opacity · min(1, 2 |h|), so that a picture without
// heat stays as it is; or the heat alone. A pixel reads the heat under its middle: of the nearest place, or interpolated between four.
// Layout: heat dense; the palette is of mosaic/color-map.ts. One fragment computes one pixel.

struct Params {
  /** Of the picture's top left, in pixels of the target. */
  origin: vec2f,
  /** Pixels. */
  size: vec2f,
  /** Columns and rows of the heat. */
  map: vec2u,
  opacity: f32,
  /** 1 to interpolate. */
  interpolates: u32,
  /** Palette entries of no heat, and from there to the most. */
  first: f32,
  span: f32,
  /** 1 where the picture is not seen. */
  isAlone: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> heat: array<f32>;
@group(0) @binding(2) var<storage, read> palette: array<u32>;

fn heatOf(place: vec2f) -> f32 {
  let at = vec2u(clamp(place, vec2f(0.0), vec2f(params.map - 1u)));
  return heat[at.y * params.map.x + at.x];
}

/** Between the middles of places, and as at the border beyond it. */
fn interpolated(place: vec2f) -> f32 {
  let corner = floor(place - 0.5);
  let share = place - 0.5 - corner;
  let above = mix(heatOf(corner), heatOf(corner + vec2f(1.0, 0.0)), share.x);
  let below = mix(heatOf(corner + vec2f(0.0, 1.0)), heatOf(corner + vec2f(1.0, 1.0)), share.x);
  return mix(above, below, share.y);
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  // One triangle that covers the whole target.
  return vec4f(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let place = (position.xy - params.origin) / params.size * vec2f(params.map);
  let h = clamp(select(heatOf(place), interpolated(place), params.interpolates == 1u), -1.0, 1.0);
  let color = unpack4x8unorm(palette[u32(params.first + h * params.span + 0.5)]);
  let alpha = select(params.opacity * min(1.0, 2.0 * abs(h)), 1.0, params.isAlone == 1u);
  return vec4f(color.rgb * alpha, alpha);
}

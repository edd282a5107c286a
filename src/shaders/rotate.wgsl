// Pictures turned about their middle, read between pixels by bilinear interpolation, 0 outside; or the transpose of that, which is its gradient.
//
//   forward     y[q] = Σ x[p] · tent(R q − p)
//   transposed  x[p] = Σ y[q] · tent(R q − p)
//
// tent(d) is (1 − |d.x|)(1 − |d.y|) within a pixel. Dense operands. One invocation computes one element; it gathers over the few pixels around
// the place that it comes from.

/** 0 forward, 1 transposed. */
override TRANSPOSED: u32 = 0u;

const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32,
  height: u32,
  width: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;
/** In radians, from the columns' axis to the rows'. */
@group(0) @binding(2) var<storage, read> angle: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let extent = vec2<i32>(i32(params.width), i32(params.height));
  let middle = 0.5 * vec2<f32>(extent - 1);
  let place = vec2<i32>(i32(index % params.width), i32(index / params.width % params.height));
  let plane = index - index % (params.width * params.height);
  let turn = vec2<f32>(cos(angle[0]), sin(angle[0]));
  // The transpose of a rotation turns back.
  let direction = vec2<f32>(turn.x, select(turn.y, -turn.y, TRANSPOSED == 1u));
  let offset = vec2<f32>(place) - middle;
  let centre = vec2<f32>(direction.x * offset.x - direction.y * offset.y, direction.y * offset.x + direction.x * offset.y) + middle;
  let nearest = vec2<i32>(floor(centre));

  var sum = 0.0;
  for (var dy = -1; dy <= 2; dy++) {
    for (var dx = -1; dx <= 2; dx++) {
      let other = nearest + vec2<i32>(dx, dy);
      let turned = vec2<f32>(other) - middle;
      let seen = vec2<f32>(turn.x * turned.x - turn.y * turned.y, turn.y * turned.x + turn.x * turned.y) + middle;
      let distance = select(abs(centre - vec2<f32>(other)), abs(seen - vec2<f32>(place)), TRANSPOSED == 1u);
      let tent = max(1.0 - distance, vec2<f32>(0.0));
      let inside = all(other >= vec2<i32>(0)) & all(other < extent);
      let at = clamp(other, vec2<i32>(0), extent - 1);
      sum += select(0.0, tent.x * tent.y * input[plane + u32(at.y) * params.width + u32(at.x)], inside);
    }
  }
  output[index] = sum;
}

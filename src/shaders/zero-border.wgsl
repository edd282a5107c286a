// Writes zeros into the border around every plane of a value, where another value lay before. The elements between stay as they are.
// Of a plane's words the border is `head` at its start, `gap` after every row of the map but the last, `tail` at its end.
// One invocation writes a few words: launching one for each would cost more than writing.

const WORKGROUP_SIZE = 64u;
const WORDS = 16u;

struct Params {
  count: u32,  // words of the border, of all planes
  border: u32, // of one plane
  head: u32,
  gap: u32,    // at least 1
  tail: u32,
  width: u32,  // of the map
  plane: u32,  // words
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> value: array<u32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let first = (id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE)) * WORDS;
  let count = params.count;
  if (first >= count) {
    return;
  }
  let border = params.border;
  let head = params.head;
  let gap = params.gap;
  let width = params.width;
  let plane = params.plane;
  let tail = border - params.tail;
  for (var word = 0u; word < WORDS; word++) {
    let i = min(first + word, count - 1u);
    let k = i % border;
    // The elements of the map that lie before word k of the border.
    let rows = (k - head) / gap + 1u;
    let inside = select(rows * width, 0u, k < head);
    let at = select(k + inside, k + plane - border, k >= tail);
    value[(i / border) * plane + at] = 0u;
  }
}

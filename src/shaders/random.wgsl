// Random numbers that are the same for the same seed, sample and place, on any device:
//
//   noise   of a normal distribution, of mean 0 and variance 1
//   mask    x, of which an element is 0 with a probability, else x / (1 − that probability): a Dropout that stores nothing
//
// Threefry-2x32 with 20 rounds (Salmon et al. 2011) makes two random words of the place, under the key (seed, sample); for noise, the method of
// Box and Muller (1958) makes a number of them. Dense. One invocation computes one element.

override IS_MASK: bool = false;
const WORKGROUP_SIZE = 64u;

struct Params {
  count: u32,
  seed: u32,
  number_index: u32, // which of the numbers is that of the sample
  threshold: u32, // of a mask: an element stays where its 24 random bits are not below
  scale: f32, // of a mask
}

@group(0) @binding(0) var<uniform> params: Params;
/** One of them is the number of the sample. */
@group(0) @binding(1) var<storage, read> numbers: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<f32>; // of a mask
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

fn round(words: vec2<u32>, turns: u32) -> vec2<u32> {
  let sum = words.x + words.y;
  return vec2<u32>(sum, ((words.y << turns) | (words.y >> (32u - turns))) ^ sum);
}

fn even_rounds(words: vec2<u32>) -> vec2<u32> {
  return round(round(round(round(words, 13u), 15u), 26u), 6u);
}

fn odd_rounds(words: vec2<u32>) -> vec2<u32> {
  return round(round(round(round(words, 17u), 29u), 16u), 24u);
}

fn threefry(key: vec2<u32>, counter: vec2<u32>) -> vec2<u32> {
  let third = key.x ^ key.y ^ 0x1bd11bdau;
  var words = even_rounds(counter + key) + vec2<u32>(key.y, third + 1u);
  words = odd_rounds(words) + vec2<u32>(third, key.x + 2u);
  words = even_rounds(words) + vec2<u32>(key.x, key.y + 3u);
  words = odd_rounds(words) + vec2<u32>(key.y, third + 4u);
  return even_rounds(words) + vec2<u32>(third, key.x + 5u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) num_workgroups: vec3<u32>) {
  let index = id.x + id.y * (num_workgroups.x * WORKGROUP_SIZE);
  if (index >= params.count) {
    return;
  }
  let words = threefry(vec2<u32>(params.seed, u32(numbers[params.number_index])), vec2<u32>(index, 0u));
  if (IS_MASK) {
    output[index] = select(input[index] * params.scale, 0.0, (words.x >> 8u) < params.threshold);
    return;
  }
  // 24 bits each, the first above 0 so that its logarithm is finite.
  let shares = vec2<f32>((words >> vec2<u32>(8u)) + vec2<u32>(1u, 0u)) * (1.0 / 16777216.0);
  output[index] = sqrt(-2.0 * log(shares.x)) * cos(6.2831853 * shares.y);
}

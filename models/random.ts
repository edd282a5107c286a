// Seeded random numbers that are the same on every machine: integer arithmetic and exactly rounded float operations only.

/** A generator of 32-bit unsigned integers. */
export type Random = () => number;

/** A generator whose sequence is decided by a number and a text, so that each tensor has one of its own. */
export function createRandom(seed: number, text = ""): Random {
  // FNV-1a mixes the text into the seed; the first draws stir the state (sfc32).
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  let a = seed | 0;
  let b = hash | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** `length` numbers spread evenly over [−bound, bound). */
export function uniform(random: Random, length: number, bound: number): Float32Array {
  const result = new Float32Array(length);
  const scale = bound / 0x80000000;
  for (let i = 0; i < length; i++) result[i] = random() * scale - bound;
  return result;
}

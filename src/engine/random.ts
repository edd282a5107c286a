// Random numbers that depend on a key and a counter alone: the same for the same seed, in whatever order they are asked for.

/** FNV-1a over the name, mixed with the seed. Seeds that are no 32-bit integers, such as `Math.random()`, count with all of their bits. */
export function keyOf(name: string, seed: number): number {
  const [low = 0, high = 0] = new Uint32Array(Float64Array.of(seed).buffer);
  let hash = 0x811c9dc5 ^ mix(seed === seed >>> 0 ? seed : (low ^ mix(high)) >>> 0);
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return mix(hash >>> 0);
}

/** Spreads 32 bits: MurmurHash3's finaliser. */
function mix(bits: number): number {
  let x = bits;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Between 0 and 1, both excluded. */
export function uniformAt(key: number, counter: number): number {
  return (mix((key + Math.imul(counter, 0x9e3779b9)) >>> 0) + 0.5) / 2 ** 32;
}

/** Box and Muller's pairs of normal numbers, of a counter's hashes. */
export function fillNormal(elements: Float32Array, deviation: number, key: number): void {
  const uniform = (counter: number) => uniformAt(key, counter);
  for (let i = 0; i < elements.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(uniform(i)));
    const angle = 2 * Math.PI * uniform(i + 1);
    elements[i] = radius * Math.cos(angle);
    if (i + 1 < elements.length) elements[i + 1] = radius * Math.sin(angle);
  }
}

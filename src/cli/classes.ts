// The most likely classes of a score vector.

export interface ClassScore {
  readonly index: number;
  readonly probability: number;
}

/** The `count` best classes, best first. Scores that are not probabilities go through a softmax. */
export function topClasses(scores: Float32Array, count: number): ClassScore[] {
  const probabilities = isDistribution(scores) ? scores : softmax(scores);
  return Array.from(probabilities, (probability, index) => ({ index, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}

function isDistribution(scores: Float32Array): boolean {
  const sum = scores.reduce((total, score) => total + score, 0);
  return Math.abs(sum - 1) < 1e-3 && scores.every((score) => score >= 0);
}

function softmax(scores: Float32Array): Float32Array {
  const highest = scores.reduce((best, score) => Math.max(best, score), -Infinity);
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

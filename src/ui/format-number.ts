// Numbers and shapes as legends and readouts show them.

/** Four significant digits, short. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}

/** A probability; what is no number has no percentage. Pure. */
export function percentOf(probability: number): string {
  if (!Number.isFinite(probability)) return "NaN";
  return `${(probability * 100).toFixed(probability >= 0.9995 || probability < 0.0005 ? 0 : 1)}%`;
}

/** "32 × 26 × 26" without the batch axis of one. */
export function describeShape(shape: readonly number[]): string {
  const [batch, ...rest] = shape;
  return (rest.length > 0 && batch === 1 ? rest : shape).join(" × ");
}

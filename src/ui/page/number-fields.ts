// Numbers as people write them into fields: lists, and fractions such as 1/255. Pure.

/** One number, or several with commas or spaces; undefined for anything else. */
export function readNumbers(text: string): number | readonly number[] | undefined {
  const parts = text
    .trim()
    .split(/[\s,;]+/)
    .filter(Boolean);
  const numbers = parts.map(Number);
  if (numbers.length === 0 || !numbers.every(Number.isFinite)) return undefined;
  return numbers.length === 1 ? numbers[0] : numbers;
}

/** A number or a fraction; undefined for anything else. */
export function readScale(text: string): number | undefined {
  const [over = "", under = "1", ...more] = text.split("/").map((part) => part.trim());
  const number = Number(over) / Number(under);
  return over !== "" && under !== "" && more.length === 0 && Number.isFinite(number) ? number : undefined;
}

export function writeNumbers(numbers: number | readonly number[]): string {
  return [numbers].flat().join(", ");
}

/** 1/255 is better known than 0.00392157. */
export function writeScale(scale: number): string {
  const under = Math.round(1 / scale);
  return under > 1 && Math.abs(scale * under - 1) < 1e-6 ? `1/${under}` : String(scale);
}

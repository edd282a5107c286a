// The vertical axis of losses: as they are, or their logarithms where one is many times as high as another, so that a single spike does not flatten the
// rest. A run that is drawn to compare with is cut off where the present one does not reach. Pure.

/** From so many times as high on logarithms are drawn, and below the second no more. */
const far = { begin: 50, end: 25 };
/** What another run reaches is in sight up to so many times the highest, and down to that part of the lowest. */
const beyond = 3;
/** Losses of 0 have no logarithm. Nobody tells them from such a part of the highest. */
const leastPart = 1e-9;
/** Powers of ten that are marked, at most; where there are fewer than half as many, 3, 30 and so on are marked, too. */
const mostMarks = 6;

export interface LossScale {
  readonly isLogarithmic: boolean;
  /** What the axis reaches from and to: losses, or their logarithms. Undefined where nothing is drawn. */
  readonly range: readonly [least: number, most: number] | undefined;
  /** Where a loss stands on the axis. */
  at(loss: number): number;
}

/**
 * @param own losses of the present run, and of a second network
 * @param others losses of a run to compare with
 * @param was whether logarithms were drawn until now
 */
export function lossScale(own: readonly number[], others: readonly number[], was = false): LossScale {
  const known = own.filter(Number.isFinite);
  const most = known.reduce((one, loss) => Math.max(one, loss), Number.NEGATIVE_INFINITY);
  const least = known.reduce((one, loss) => (loss > most * leastPart ? Math.min(one, loss) : one), most);
  const isLogarithmic = least > 0 && most > least * (was ? far.end : far.begin);
  const [lowest, highest] = [isLogarithmic ? least / beyond : Number.NEGATIVE_INFINITY, most * beyond];
  const seen = [...known, ...others].filter((loss) => loss >= Math.min(least, lowest) && loss <= Math.max(most, highest));
  const [from, to] = [seen.reduce((one, loss) => Math.min(one, loss), most), seen.reduce((one, loss) => Math.max(one, loss), most)];
  const at = (loss: number) => (isLogarithmic ? Math.log10(Math.max(loss, from)) : loss);
  return { isLogarithmic, range: known.length > 0 ? [at(from), at(to)] : undefined, at };
}

/** Which logarithms are marked on an axis. */
export function logarithmicMarks(from: number, to: number): readonly number[] {
  const [first, last] = [Math.floor(from), Math.ceil(to)];
  const every = Math.max(1, Math.ceil((last - first) / mostMarks));
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i).filter((power) => power % every === 0);
  const marks = last - first <= mostMarks / 2 ? powers.flatMap((power) => [power, power + Math.log10(3)]) : powers;
  return marks.filter((one) => one >= from && one <= to);
}

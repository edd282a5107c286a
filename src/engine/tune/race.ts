// Finds how long each of several kernels takes, by turns, in slices short enough to fit between frames. Knows no GPU.

/** One kernel, ready to run again and again. */
export interface Contender {
  readonly name: string;
  /** Dispatches of one run. */
  readonly stepCount: number;
  /** Milliseconds that `count` repetitions of dispatch number `step` take. */
  time(step: number, count: number): Promise<number>;
}

/** What one slice keeps the GPU busy for: long against a clock that counts 0.1 ms, short against a frame. */
const sliceMs = 4;

/** The resolution of the clock: no time is taken to be shorter. */
const clockResolutionMs = 0.1;

const maxRepetitions = 256;
const rounds = 5;

/** A dispatch that fills several slices and takes this many times as long as the best contender is not tried twice. */
const hopeless = 3;

/** Milliseconds of one run. */
export interface Timing {
  readonly bestMs: number;
  readonly medianMs: number;
}

interface Runner {
  readonly contender: Contender;
  /** Of each step. */
  readonly repetitions: readonly number[];
  /** Milliseconds of whole runs. */
  readonly samples: number[];
}

/**
 * Times the contenders by turns, so that whatever else slows the machine slows them alike. The first, which is in use, takes
 * part to the end; others drop out when even their best run falls behind. A dispatch longer than a slice runs alone in it, once.
 *
 * @param pause is awaited before each slice; if it rejects, so does the race
 */
export async function race(contenders: readonly Contender[], pause: () => Promise<void>): Promise<ReadonlyMap<string, Timing>> {
  const timings = new Map<string, Timing>();
  let leading: Runner[] = [];
  let bestMs = Number.POSITIVE_INFINITY;
  for (const contender of contenders) {
    const { repetitions, ms } = await warmUp(contender, bestMs * hopeless, pause);
    if (repetitions.length === contender.stepCount) leading.push({ contender, repetitions, samples: [] });
    else timings.set(contender.name, { bestMs: ms, medianMs: ms });
    bestMs = Math.min(bestMs, ms);
  }
  for (let round = 1; round <= rounds && (round === 1 || leading.length > 1); round++) {
    for (const runner of leading) {
      runner.samples.push(await sample(runner, pause));
      timings.set(runner.contender.name, timingOf(runner.samples));
    }
    const best = Math.min(...leading.map(({ samples }) => Math.min(...samples)));
    // One sample says little: the more there are, the less a contender may be behind.
    leading = leading.filter(({ samples }, i) => i === 0 || Math.min(...samples) <= best * (1 + 1 / round));
  }
  return timings;
}

/**
 * Runs every step for the first time, which pays for what drivers put off, and finds how often it fits into a slice.
 *
 * @param limitMs ends early where long dispatches take longer
 * @returns the repetitions of the steps that ran, and milliseconds of one run of them
 */
async function warmUp(contender: Contender, limitMs: number, pause: () => Promise<void>): Promise<{ repetitions: number[]; ms: number }> {
  const repetitions: number[] = [];
  let total = 0;
  for (let step = 0; step < contender.stepCount; step++) {
    await pause();
    const first = await contender.time(step, 1);
    const isLong = first > 4 * sliceMs;
    const { count, ms } = isLong ? { count: 1, ms: first } : await repeat(contender, step, pause);
    total += ms;
    if (isLong && total > limitMs) break;
    repetitions.push(count);
  }
  return { repetitions, ms: total };
}

/** Repeats one step more and more often until it fills a slice. */
async function repeat(contender: Contender, step: number, pause: () => Promise<void>): Promise<{ count: number; ms: number }> {
  for (let count = 1; ; ) {
    await pause();
    const ms = await contender.time(step, count);
    if (ms > sliceMs / 2 || count === maxRepetitions) return { count, ms: ms / count };
    const factor = Math.floor(sliceMs / Math.max(ms, clockResolutionMs));
    count = Math.min(maxRepetitions, count * Math.min(16, Math.max(2, factor)));
  }
}

async function sample({ contender, repetitions }: Runner, pause: () => Promise<void>): Promise<number> {
  let total = 0;
  for (const [step, count] of repetitions.entries()) {
    await pause();
    total += (await contender.time(step, count)) / count;
  }
  return total;
}

function timingOf(samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b);
  return { bestMs: sorted[0] as number, medianMs: sorted[sorted.length >> 1] as number };
}

/** What another kernel must gain over the one in use. */
const worthwhile = 0.05;

/** The kernel with the least median. The one in use stays unless that median is 5% below its best run, so that noise changes nothing. */
export function winnerOf(timings: ReadonlyMap<string, Timing>, current: string): string {
  const [name, { medianMs }] = [...timings].reduce((best, next) => (next[1].medianMs < best[1].medianMs ? next : best));
  const inUse = timings.get(current);
  return inUse && medianMs > inUse.bestMs * (1 - worthwhile) ? current : name;
}

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

/** The clock's grain: nothing is taken to be shorter. */
const grainMs = 0.1;

const maxRepetitions = 256;
const rounds = 5;

interface Runner {
  readonly contender: Contender;
  /** Of each step. */
  readonly repetitions: readonly number[];
  /** Milliseconds of whole runs. */
  readonly samples: number[];
}

/**
 * Times the contenders by turns, so that whatever else slows the machine slows them alike. Those that fall behind the best
 * drop out. A dispatch longer than a slice runs alone in it, once.
 *
 * @param pause is awaited before each slice; if it rejects, so does the race
 * @returns name to milliseconds of one run: medians
 */
export async function race(contenders: readonly Contender[], pause: () => Promise<void>): Promise<ReadonlyMap<string, number>> {
  const runners: Runner[] = [];
  for (const contender of contenders) {
    const repetitions: number[] = [];
    for (let step = 0; step < contender.stepCount; step++) repetitions.push(await repetitionsOf(contender, step, pause));
    runners.push({ contender, repetitions, samples: [] });
  }
  let leading: readonly Runner[] = runners;
  for (let round = 1; round <= rounds && (round === 1 || leading.length > 1); round++) {
    for (const runner of leading) runner.samples.push(await sample(runner, pause));
    const best = Math.min(...leading.map(({ samples }) => median(samples)));
    // One sample says little: the more there are, the less a contender may be behind.
    leading = leading.filter(({ samples }) => median(samples) <= best * (1 + 1 / round));
  }
  return new Map(runners.map(({ contender, samples }) => [contender.name, median(samples)]));
}

/** How often a dispatch fits into a slice. The first time does not count: it pays for what drivers put off. */
async function repetitionsOf(contender: Contender, step: number, pause: () => Promise<void>): Promise<number> {
  await pause();
  if ((await contender.time(step, 1)) > 4 * sliceMs) return 1;
  for (let count = 1; ; ) {
    await pause();
    const ms = await contender.time(step, count);
    if (ms > sliceMs / 2 || count === maxRepetitions) return count;
    const factor = Math.floor(sliceMs / Math.max(ms, grainMs));
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

function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1] as number;
}

/** What another kernel must gain over the one in use. */
const worthwhile = 0.05;

/** The fastest, or the one in use where none is faster by more than noise. */
export function winnerOf(times: ReadonlyMap<string, number>, current: string): string {
  const [name, ms] = [...times].reduce((best, next) => (next[1] < best[1] ? next : best));
  const currentMs = times.get(current);
  return currentMs !== undefined && ms > currentMs * (1 - worthwhile) ? current : name;
}

// Runs one case on several engines by turns. Outputs are compared with a reference before any steady run is timed.

import { median, quantile } from "../engine/statistics.ts";
import type { BenchCase } from "./cases.ts";
import { distanceOf, errorLimit, gradientErrorLimit, maxErrorOf } from "./compare.ts";
import type { Engine, Session, Task } from "./engine.ts";
import { type BenchResult, emptyResult } from "./report.ts";

export interface RunOptions {
  /** Steady runs of an engine end after this many, … */
  readonly maxSamples?: number;
  /** … or after this time of its own, whichever is first, but not before one run. */
  readonly budgetMs?: number;
  /** Computes the reference; its own speed is not measured. Without one, nothing is compared. */
  readonly reference: (task: Task) => Promise<readonly Float32Array[] | undefined>;
  /** Times Convcam's layers too. */
  readonly profile?: boolean;
  readonly onProgress?: (message: string) => void;
}

/** Loading an engine takes seconds at most; one whose workers never answer would hold up all others. */
const startLimitMs = 60_000;

/** An engine on its way through one case. */
interface Contender {
  readonly engine: Engine;
  readonly session: Session;
  readonly samples: number[];
  readonly forwardSamples: number[];
  readonly createMs: number;
  readonly firstRunMs: number;
  readonly settleMs: number | undefined;
  /** Undefined where there was nothing to compare with. */
  readonly maxError: number | undefined;
}

export async function runCase(benchCase: BenchCase, task: Task, engines: readonly Engine[], options: RunOptions): Promise<BenchResult[]> {
  const { onProgress = () => {}, profile = true } = options;
  const { name } = benchCase;
  onProgress(`${name}: reference`);
  const reference = await options.reference(task);
  const failed: BenchResult[] = [];
  const contenders: Contender[] = [];
  for (const engine of engines) {
    onProgress(`${name}: ${labelOf(engine)} starts`);
    try {
      const contender = await start(engine, task, reference);
      const { maxError = 0 } = contender;
      const limit = task.gradient ? gradientErrorLimit : errorLimit;
      const measure = task.gradient ? "gradient's length" : task.training ? "largest loss" : "largest element";
      if (maxError <= (engine.errorLimit ?? limit)) contenders.push(contender);
      else {
        failed.push({
          ...resultOf(benchCase, contender),
          note: `${note(engine)}wrong by ${maxError.toPrecision(2)} of the ${measure}`,
        });
        await end(contender.session);
      }
    } catch (error) {
      failed.push(emptyResult(benchCase, engine.name, `${note(engine)}failed: ${messageOf(error)}`));
    }
  }
  await sample(contenders, failed, benchCase, options);
  const results: BenchResult[] = [];
  for (const contender of fastestBuilds(contenders)) {
    await contender.session.activate?.();
    const result = resultOf(benchCase, contender);
    onProgress(`${name}: ${labelOf(contender.engine)} profile`);
    try {
      const details = profile && contender.session.profile ? await contender.session.profile() : undefined;
      results.push(details ? { ...result, ...details } : result);
    } catch (error) {
      const reason = `${note(contender.engine)}could not be profiled: ${messageOf(error)}`;
      results.push({ ...result, note: [result.note, reason].filter(Boolean).join("; ") });
    }
  }
  for (const { session } of contenders) await end(session);
  return mergeFailures(results, failed);
}

async function start(engine: Engine, task: Task, reference: readonly Float32Array[] | undefined): Promise<Contender> {
  await withinTime(engine.prepare(), startLimitMs, "it did not start");
  const begun = performance.now();
  const session = await engine.create(task);
  const created = performance.now();
  try {
    await session.run();
    const ran = performance.now();
    await session.settle?.();
    const settleMs = session.settle && performance.now() - ran;
    for (let step = 1; step < (task.training?.checkedSteps ?? 1); step++) await session.run();
    return {
      engine,
      session,
      samples: [],
      forwardSamples: [],
      createMs: created - begun,
      firstRunMs: ran - created,
      settleMs,
      maxError: reference && (task.gradient ? distanceOf : maxErrorOf)(session.outputs(), reference),
    };
  } catch (error) {
    await end(session);
    throw error;
  }
}

/** What an engine that has failed says to this is no news. */
async function end(session: Session): Promise<void> {
  await session.dispose().catch(() => {});
}

function withinTime<T>(promise: Promise<T>, limitMs: number, problem: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${problem} within ${limitMs / 1000} s`)), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** By turns, one run each, so that a busy machine slows all of them alike. */
async function sample(contenders: Contender[], failed: BenchResult[], benchCase: BenchCase, options: RunOptions): Promise<void> {
  const { maxSamples = 30, budgetMs = 5000, onProgress = () => {} } = options;
  const spentMs = new Map<Contender, number>();
  let running = [...contenders];
  for (let round = 0; running.length > 0; round++) {
    for (const contender of running) {
      onProgress(`${benchCase.name}: ${labelOf(contender.engine)} run ${round + 1}`);
      try {
        await contender.session.activate?.();
        const before = performance.now();
        await contender.session.run();
        const ms = performance.now() - before;
        contender.samples.push(ms);
        await contender.session.forward?.();
        if (contender.session.forward) contender.forwardSamples.push(performance.now() - before - ms);
        spentMs.set(contender, (spentMs.get(contender) ?? 0) + ms);
      } catch (error) {
        contenders.splice(contenders.indexOf(contender), 1);
        await end(contender.session);
        failed.push(
          emptyResult(benchCase, contender.engine.name, `${note(contender.engine)}failed in run ${round + 2}: ${messageOf(error)}`),
        );
      }
    }
    // Slower builds of the same engine have had their turn.
    const fastest = fastestBuilds(contenders);
    running = running.filter((one) => fastest.includes(one) && one.samples.length < maxSamples && (spentMs.get(one) ?? 0) < budgetMs);
  }
}

function fastestBuilds(contenders: readonly Contender[]): readonly Contender[] {
  const best = new Map<string, Contender>();
  for (const one of contenders) {
    const known = best.get(one.engine.name);
    if (!known || median(one.samples) < median(known.samples)) best.set(one.engine.name, one);
  }
  return [...best.values()];
}

/** One result per engine. The failures of its other builds are noted with the build that ran, or alone if none did. */
function mergeFailures(results: readonly BenchResult[], failed: readonly BenchResult[]): BenchResult[] {
  const merged = new Map(results.map((result) => [result.engine, result]));
  for (const failure of failed) {
    const known = merged.get(failure.engine);
    merged.set(failure.engine, known ? { ...known, note: `${known.note}; ${failure.note}` } : failure);
  }
  return [...merged.values()];
}

function resultOf(benchCase: BenchCase, contender: Contender): BenchResult {
  const { engine, session, samples, forwardSamples, createMs, firstRunMs, settleMs, maxError } = contender;
  return {
    ...emptyResult(
      benchCase,
      engine.name,
      [engine.build ? `${engine.build} build` : "", maxError === undefined ? "not compared with a reference" : ""]
        .filter(Boolean)
        .join(", "),
    ),
    createMs,
    firstRunMs,
    ...(settleMs !== undefined && { settleMs }),
    medianMs: samples.length > 0 ? median(samples) : null,
    p95Ms: samples.length > 0 ? quantile(samples, 0.95) : null,
    ...(forwardSamples.length > 0 && { forwardMs: median(forwardSamples) }),
    gpuBytes: session.gpuBytes?.() ?? null,
    maxError: maxError !== undefined && Number.isFinite(maxError) ? maxError : null,
    sampleCount: samples.length,
    ...(engine.build && { build: engine.build }),
  };
}

function labelOf(engine: Engine): string {
  return engine.build ? `${engine.name} (${engine.build})` : engine.name;
}

function note(engine: Engine): string {
  return engine.build ? `${engine.build} build ` : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? error.message) : String(error);
}

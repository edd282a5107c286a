// Loss and accuracy over steps, drawn by uPlot: this run, and the one before it dashed. Loaded when training begins.
import uPlot from "uplot";
import plotStyles from "uplot/dist/uPlot.min.css?inline";
import type { Names } from "../compare/names.ts";
import { make } from "../make.ts";
import { adoptStyles } from "../style-sheet.ts";
import { type History, smoothed } from "./history.ts";
import { logarithmicMarks, lossScale } from "./loss-scale.ts";

/** Between two lines of the grid: steps are whole. */
const wholeSteps = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** power)).flat();
/** Points of a curve: more are not told apart. */
const mostPoints = 600;
const height = 130;
/** Numbers beside an axis: a loss of a million has to fit, too. */
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });

/** What an axis of percents reaches from and to: never beyond 0 and 100. */
const shares = (_: unknown, least: number | null, most: number | null): uPlot.Range.MinMax => {
  const [from, to] = uPlot.rangeNum(least ?? 0, most ?? 100, 0.1, true);
  return [Math.max(0, from ?? 0), Math.min(100, Math.max(1, to ?? 100))];
};

interface Line {
  readonly label: string;
  /** The class that has its colour. */
  readonly color: string;
  readonly isDashed?: boolean;
  /** [steps, values] */
  readonly of: (run: History) => readonly [readonly number[], readonly number[]];
  readonly isBefore?: boolean;
  /** Of a second network that learns beside it. */
  readonly isRival?: boolean;
}

const learned = (run: History) => {
  const at = drawn(run.losses.length);
  return [at.map((i) => run.start + i), smoothed(run.losses, at)] as const;
};
const heldBack = (run: History) => [run.scores.map(({ steps }) => steps), run.scores.map(({ loss }) => loss)] as const;
/** Where nothing is held back, a run is told by what it learned from. */
const told = (run: History) => (run.scores.length > 0 ? heldBack(run) : learned(run));
const right = (run: History) => [run.scores.map(({ steps }) => steps), run.scores.map(({ accuracy }) => 100 * accuracy)] as const;

const charts: Readonly<Record<"loss" | "accuracy", readonly Line[]>> = {
  loss: [
    { label: "learned from", color: "ink-learned", of: learned },
    { label: "held back", color: "ink-held-back", of: heldBack },
    { label: "the run before", color: "ink-before", of: told, isDashed: true, isBefore: true },
    { label: "the second", color: "ink-rival", of: learned, isRival: true },
  ],
  accuracy: [
    { label: "of those held back", color: "ink-right", of: right },
    { label: "the run before", color: "ink-before", of: right, isDashed: true, isBefore: true },
    { label: "the second", color: "ink-rival", of: right, isRival: true },
  ],
};

/** A chart's name, and which line is what. */
function captionOf(name: Text, lines: readonly Line[]): HTMLElement {
  const caption = make("figcaption", "");
  caption.append(name);
  for (const { label, color, isDashed } of lines) caption.append(make("span", `train-key ${color}${isDashed ? " dashed" : ""}`, label));
  return caption;
}

/** The numbers of every k-th of so many points, and of the last. */
function drawn(count: number): readonly number[] {
  const every = Math.max(1, Math.ceil(count / mostPoints));
  const at = Array.from({ length: Math.ceil(count / every) }, (_, k) => k * every);
  if ((count - 1) % every > 0) at.push(count - 1);
  return at;
}

const countOf = (values: ArrayLike<number | null | undefined>) => Array.from(values).filter((one) => one != null).length;

export class Curves {
  readonly element = make("div", "train-curves");
  /** Up to which step both charts reach, so that one stands under the other. */
  #end = 1;
  #scale = lossScale([], []);
  readonly #charts: readonly { readonly lines: readonly Line[]; readonly figure: HTMLElement; readonly plot: uPlot; readonly name: Text }[];
  #shown: Parameters<Curves["show"]> | undefined;

  constructor(root: ShadowRoot) {
    adoptStyles(root, plotStyles);
    this.#charts = Object.entries(charts).map(([name, lines]) => {
      const figure = make("figure", "train-chart");
      const text = new Text(name === "loss" ? "Loss" : "");
      figure.append(captionOf(text, lines));
      this.element.append(figure);
      return { lines, figure, plot: new uPlot(this.#options(lines, name === "accuracy"), [[]], figure), name: text };
    });
    new ResizeObserver(() => this.#resize()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#redraw());
  }

  /**
   * @param before another run to compare with
   * @param names of both, where another network learns beside it
   */
  show(
    run: History,
    before: History | undefined,
    kind: "classes" | "driving" = "classes",
    names: Names = { first: "the first", second: "the second" },
  ): void {
    this.#shown = [run, before, kind, names];
    this.element.classList.toggle("has-rival", run.rival !== undefined);
    // It is tried before its first step, unless nothing is held back.
    const isUntried = run.losses.length > 0 && run.scores.length === 0;
    this.element.classList.toggle("is-untried", isUntried);
    this.#name("ink-rival", names.second);
    this.#name("ink-learned", run.rival ? names.first : "learned from");
    this.#name("ink-held-back", run.rival ? `${names.first}, held back` : "held back");
    this.#name("ink-right", run.rival ? names.first : kind === "driving" ? "on roads held back" : "of those held back");
    const [, accuracy] = this.#charts;
    if (accuracy) accuracy.figure.hidden = isUntried;
    if (accuracy) accuracy.name.data = kind === "driving" ? "In the lane, %" : "Right, %";
    this.#end = Math.max(1, run.steps, before?.steps ?? 0);
    for (const { lines, plot, name } of this.#charts) {
      const runs = lines.map((line) => (line.isRival ? run.rival : line.isBefore ? before : run));
      const tables = lines.map((line, i) => (runs[i] ? line.of(runs[i]) : ([[], []] as const)));
      const steps = [...new Set(tables.flatMap(([xs]) => xs))].sort((a, b) => a - b);
      const isLoss = lines === charts.loss;
      if (isLoss) {
        const lossesOf = (isBefore: boolean) => tables.flatMap(([, ys], i) => ((lines[i]?.isBefore === true) === isBefore ? ys : []));
        this.#scale = lossScale(lossesOf(false), lossesOf(true), this.#scale.isLogarithmic);
        name.data = this.#scale.isLogarithmic ? "Loss, logarithmic" : "Loss";
      }
      const { at } = this.#scale;
      const columns = tables.map(([xs, ys]) => {
        const byStep = new Map(xs.map((x, i) => [x, isLoss ? at(ys[i] as number) : (ys[i] as number)]));
        return steps.map((step) => byStep.get(step) ?? null);
      });
      plot.setData([steps, ...columns]);
    }
    this.element.classList.toggle("has-before", before !== undefined);
    this.#resize();
  }

  /** Says what lines of a colour are. */
  #name(color: string, text: string): void {
    for (const key of this.element.querySelectorAll(`.train-key.${color}`)) if (key.textContent !== text) key.textContent = text;
  }

  /** @param isShare whether its values are in percent */
  #options(lines: readonly Line[], isShare: boolean): uPlot.Options {
    const ink = () => this.#ink("ink-axis");
    const isLogarithmic = () => !isShare && this.#scale.isLogarithmic;
    const losses = (): uPlot.Range.MinMax => {
      const [least, most] = this.#scale.range ?? [0, 1];
      // Some room stays free on both sides; losses as they are begin with 0 where that is near.
      return this.#scale.isLogarithmic ? [least - (most - least) / 20, most + (most - least) / 20] : uPlot.rangeNum(least, most, 0.1, true);
    };
    const marks = (_: unknown, __: number, from: number, to: number, step: number) =>
      isLogarithmic()
        ? [...logarithmicMarks(from, to)]
        : Array.from({ length: Math.floor(to / step) - Math.ceil(from / step) + 1 }, (_, i) => (Math.ceil(from / step) + i) * step);
    const axis = { stroke: ink, grid: { stroke: () => this.#ink("ink-grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    return {
      width: 300,
      height,
      cursor: { y: false, drag: { x: false, y: false } },
      legend: { show: false },
      scales: { x: { time: false, range: () => [0, this.#end] }, y: { range: isShare ? shares : losses } },
      axes: [
        { ...axis, size: 28, incrs: wholeSteps },
        {
          ...{ ...axis, size: 44, space: 20, splits: marks },
          values: (_, splits) => splits.map((one) => compact.format(isLogarithmic() ? 10 ** one : one)),
        },
      ],
      series: [
        { label: "step" },
        ...lines.map(({ label, color, isDashed }) => ({
          label,
          stroke: () => this.#ink(color),
          width: 2,
          ...(isDashed && { dash: [5, 4] }),
          spanGaps: true,
          // One alone makes no line.
          points: { size: 6, fill: () => this.#ink(color), show: ({ data }: uPlot, at: number) => countOf(data[at] ?? []) === 1 },
        })),
      ],
    };
  }

  /** A canvas takes no light-dark(): the colour as it is computed. */
  #ink(name: string): string {
    const probe = make("i", name);
    this.element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  #resize(): void {
    for (const { plot } of this.#charts) {
      const width = plot.root.parentElement?.clientWidth ?? 0;
      if (width > 0 && width !== plot.width) plot.setSize({ width, height });
    }
  }

  #redraw(): void {
    if (this.#shown) this.show(...this.#shown);
  }
}

// Answers what is asked about what is on the GPU, see queries.ts. Loaded with the first question.
import { loadPart, ModelError } from "../../engine/errors.ts";
import type { Graph } from "../../engine/graph/graph.ts";
import type { Axes } from "../../engine/shapes.ts";
import type { AnswersOfElement, QuestionOfElement } from "../elements/index.ts";
import type { MapPoint } from "../mosaic/maps.ts";
import { checkPoint } from "../mosaic/points.ts";
import { letGo } from "../standby.ts";
import type { MapSource } from "../statistics/channel-statistics.ts";
import type { Viewer } from "../viewer.ts";
import type { Inspected } from "./describe.ts";
import type { ComparedValue, ElementAnswers, ElementQuery, Query } from "./queries.ts";
import { cloneable, readValue } from "./read-value.ts";
import { aborted } from "./session.ts";

/** What a session has to answer from. */
export interface Known {
  /** Undefined where nothing is on the GPU. */
  readonly viewer: Viewer | undefined;
  readonly inspected: Inspected | undefined;
}

type AnswerTable = {
  readonly [Kind in ElementQuery["kind"]]: (known: Known, query: Extract<ElementQuery, { kind: Kind }>) => Promise<ElementAnswers[Kind]>;
};

const answers: AnswerTable = {
  async probe(known, { value, compare = value, axes, draws, points }) {
    const viewer = viewerOf(known);
    if (draws) return (await loadPart("for weights", () => import("../train/drawn-weights.ts"))).probeWeights(viewer, draws, points);
    const { model, compared = compare === value ? undefined : model } = viewer;
    const { view } = viewer.sourceOf(value, model, axes);
    for (const point of points) checkPoint(value, view, point);
    const reads = points.map((point) => viewer.probe(value, point, model, axes));
    // A second value of other extents is not drawn either.
    const other = compared && viewer.viewOf(compare, compared, axes);
    const isSame = other?.channels === view.channels && other.height === view.height && other.width === view.width;
    if (compared && isSame) reads.push(...points.map((point) => viewer.probe(compare, point, compared, axes)));
    return Promise.all(reads);
  },
  async statistics(known, query) {
    const viewer = viewerOf(known);
    const { readStatistics } = await loadPart("for statistics", () => import("../statistics/read-statistics.ts"));
    return withSource(viewer, query, (source) => readStatistics(viewer.device, query.value, source));
  },
  element: answerOfElement,
  field: answerOfElement,
  looker: answerOfElement,
  influence: answerOfElement,
  async hints(known) {
    const { answerHints } = await loadPart("for hints", () => import("../hints/answer.ts"));
    const viewer = viewerOf(known);
    // The other hints are of use without the part that knows boxes, which says itself that it could not be loaded where boxes are asked for.
    const boxes = await loadBoxes().catch(() => undefined);
    return answerHints(viewer, known.inspected?.summary.layers ?? [], (await boxes?.hasBoxes(viewer, graphOf(known))) ?? false);
  },
  async boxes(known, query) {
    return (await loadBoxes()).answerBoxes(viewerOf(known), graphOf(known), query);
  },
  async network({ inspected }) {
    const { describeNetwork } = await loadPart("for the overview", () => import("../overview/facts.ts"));
    if (!inspected) throw aborted();
    return describeNetwork(inspected.graph, inspected, inspected.inputShapes);
  },
  async scores(known) {
    const { model } = viewerOf(known);
    return (await loadPart("for explanations", () => import("../explain/one-number.ts"))).scoresOf(model);
  },
  async layer(known, query) {
    const viewer = viewerOf(known);
    const { value, channel, shows } = query;
    const { boundsOf, readLayerNumbers } = await loadPart("for layers", () => import("../statistics/about-layers.ts"));
    return withSource(viewer, query, (source) => {
      const bounds = shows === undefined ? boundsOf(viewer.model.graph, value) : undefined;
      return readLayerNumbers(viewer.device, value, source, { channel, bounds });
    });
  },
  async effects(known, query) {
    const viewer = viewerOf(known);
    viewer.sourceOf(query.value);
    return (await loadPart("for effects", () => import("../statistics/effects.ts"))).readEffects(viewer, query);
  },
  async strongest(known, query) {
    const [viewer] = sourceOf(known, query);
    return (await loadPart("for strong places", () => import("../statistics/strongest.ts"))).readStrongest(viewer, query);
  },
  async look(known, query) {
    const viewer = viewerOf(known);
    return (await loadPart("for other pictures", () => import("../statistics/look.ts"))).look(viewer, query);
  },
  async histogram(known, query) {
    const viewer = viewerOf(known);
    const { value, channel } = query;
    const { readHistogram } = await loadPart("for histograms", () => import("../statistics/histogram.ts"));
    return withSource(viewer, query, (source) => readHistogram(viewer.device, value, source, channel));
  },
  async silence(known, { values }) {
    const viewer = viewerOf(known);
    const { countSilence } = await loadPart("for statistics", () => import("../statistics/count-silence.ts"));
    const kept = values.filter((value) => viewer.viewOf(value));
    const sources = kept.map((value) => ({ label: value, source: viewer.sourceOf(value) }));
    const counts = await viewer.device.holding(
      sources.map(({ source }) => source.buffer),
      () => countSilence(viewer.device, sources),
    );
    const byValue = new Map(kept.map((value, i) => [value, counts[i]]));
    return values.map((value) => byValue.get(value));
  },
  async kernels(known, query) {
    const { answerKernels } = await loadPart("for kernels", () => import("../kernels/answer.ts"));
    return answerKernels(viewerOf(known), known.inspected?.summary.layers ?? [], query);
  },
  async times(known) {
    const { clock, ms, steps } = await viewerOf(known).model.profile({ passMs: 2, passCount: 3 });
    const nodes = new Map<string, number>();
    for (const { node, ms: own } of steps) nodes.set(node, (nodes.get(node) ?? 0) + own);
    return { clock, totalMs: ms, nodes };
  },
  async value(known, query) {
    const viewer = viewerOf(known);
    if (query.shows === undefined || query.shows === "first") return cloneable(await readValue(viewer, query.value));
    const { readCompared } = await loadComparing();
    return cloneable(await readCompared(viewer, query));
  },
  async picture(known, query) {
    return (await loadTaking()).takePicture(viewerOf(known), query);
  },
  async frame(known, query) {
    return (await loadTaking()).takeFrame(viewerOf(known), query);
  },
  async explanation(known) {
    return (await loadPart("for pictures to keep", () => import("../export/take-explanation.ts"))).takeExplanation(viewerOf(known));
  },
  async patterns(known) {
    const viewer = viewerOf(known);
    const { takePatterns } = await loadGrower();
    return takePatterns(viewer);
  },
  async grow(known, query) {
    const viewer = viewerOf(known);
    const { grow } = await loadGrower();
    return grow(viewer, query);
  },
  async train(known, { request }) {
    const viewer = viewerOf(known);
    return (await loadPart("for training", () => import("../train/learner.ts"))).answerTraining(
      viewer,
      request,
      known.inspected?.summary.layers,
    );
  },
  async release(known, { of }) {
    letGo(viewerOf(known).kept, of);
    return undefined;
  },
};

/** What an element asks for itself; nobody else is told of it. */
const own: ReadonlySet<string> = new Set<Exclude<ElementQuery["kind"], Query["kind"]>>(["grow", "look", "train", "release"]);

interface OfChannel {
  readonly value: string;
  readonly channel?: number | undefined;
  readonly axes?: Axes | undefined;
}

/** @throws ModelError for a channel that there is not */
function sourceOf(known: Known, { value, channel, axes }: OfChannel) {
  const viewer = viewerOf(known);
  const source = viewer.sourceOf(value, viewer.model, axes);
  if (channel !== undefined) checkPoint(value, source.view, { channel, y: 0, x: 0 });
  return [viewer, source] as const;
}

async function answerOfElement<Kind extends keyof AnswersOfElement>(known: Known, query: Extract<QuestionOfElement, { kind: Kind }>) {
  const viewer = viewerOf(known);
  const elements = await loadPart("for formulas", () => import("../elements/index.ts"));
  return elements.answerOfElement(viewer, query) as Promise<AnswersOfElement[Kind]>;
}

const loadBoxes = () => loadPart("for boxes", () => import("../boxes/answer.ts"));

const loadTaking = () => loadPart("for pictures to keep", () => import("../export/take-picture.ts"));

const loadComparing = () => loadPart("for comparisons", () => import("../compare/read-compared.ts"));

/** Does something with a value as it lies on the GPU, or with what it is compared with. */
async function withSource<T>(
  viewer: Viewer,
  query: ComparedValue & { readonly channel?: number | undefined },
  work: (source: MapSource) => Promise<T>,
): Promise<T> {
  const { value, shows, channel } = query;
  const checked = async (source: MapSource) => {
    if (channel !== undefined) checkPoint(value, source.view, { channel, y: 0, x: 0 });
    return viewer.device.holding([source.buffer], () => work(source));
  };
  if (shows === undefined || shows === "first") return checked(viewer.sourceOf(value, viewer.model, query.axes));
  return (await loadComparing()).withCompared(viewer, query, checked);
}

const loadGrower = () => loadPart("for patterns", () => import("../patterns/grower.ts"));

/** The network as its file has it. */
function graphOf(known: Known): Graph {
  return known.inspected?.graph ?? viewerOf(known).model.graph;
}

/** @throws AbortError where nothing is on the GPU */
function viewerOf({ viewer }: Known): Viewer {
  if (!viewer) throw aborted();
  return viewer;
}

/** @throws ModelError for a question that there is not, and for points that are not of numbers; an AbortError where there is nothing to ask about */
export async function answer<Kind extends ElementQuery["kind"]>(
  known: Known,
  query: Extract<ElementQuery, { kind: Kind }>,
): Promise<ElementAnswers[Kind]> {
  if (!Object.hasOwn(answers, query.kind))
    throw new ModelError(
      `kind '${query.kind}': expected one of ${Object.keys(answers)
        .filter((kind) => !own.has(kind))
        .join(", ")}.`,
    );
  const isPoint = (point?: MapPoint | null) => [point?.channel, point?.y, point?.x].every(Number.isInteger);
  const { points = [] } = query as { readonly points?: readonly MapPoint[] };
  if (!Array.isArray(points) || !points.every(isPoint))
    throw new ModelError("points: expected a list of { channel, y, x }, whole numbers.");
  return answers[query.kind as Kind](known, query);
}

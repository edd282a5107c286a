// The bench's charts as SVG text: bars per layer, the roofline, ratios to the peers. Pure, so that they can be tested without a page.

import { type BenchResult, type Ceilings, engineNames, formatMs, type LayerTime } from "../../src/bench/report.ts";
import { roofShare } from "../../src/bench/roof.ts";
import { casesOf, formatRatio, ratioOf } from "../markdown.ts";

/** Text that may hold anything a model's file says. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

interface Frame {
  readonly width: number;
  readonly height: number;
  /** What the chart says, for those who cannot see it. */
  readonly label: string;
}

function svg({ width, height, label }: Frame, content: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(label)}">${content.join("")}</svg>`;
}

const number = (value: number): string => value.toFixed(1);

function text(x: number, y: number, content: string, attributes = ""): string {
  return `<text x="${number(x)}" y="${number(y)}" ${attributes}>${escapeText(content)}</text>`;
}

/** One entry per node: the dispatches of one kernel, such as Winograd's three, are one layer. */
export function mergeDispatches(dispatches: readonly LayerTime[]): readonly LayerTime[] {
  const merged = new Map<string, LayerTime>();
  for (const one of dispatches) {
    const { gpuMs = 0, macs = 0, bytes = 0, kernel } = merged.get(one.name) ?? {};
    // What prepares a layer's input counts for it; the kernel that multiplies gives the name.
    const isMain = !kernel || one.macs > macs;
    merged.set(one.name, {
      ...one,
      kernel: isMain ? one.kernel : kernel,
      gpuMs: gpuMs + one.gpuMs,
      macs: macs + one.macs,
      bytes: bytes + one.bytes,
    });
  }
  return [...merged.values()];
}

const rowHeight = 18;
const nameWidth = 260;
const chartWidth = 900;

/** One bar per layer, in the order they run. */
export function layerBars(title: string, dispatches: readonly LayerTime[]): string {
  const layers = mergeDispatches(dispatches);
  const longest = Math.max(...layers.map(({ gpuMs }) => gpuMs), Number.MIN_VALUE);
  const total = layers.reduce((sum, { gpuMs }) => sum + gpuMs, 0);
  const room = chartWidth - nameWidth - 80;
  const rows = layers.map(({ name, kernel, gpuMs, macs }, i) => {
    const y = i * rowHeight;
    const width = Math.max(1, (gpuMs / longest) * room);
    const rate = macs > 0 ? `, ${((2 * macs) / gpuMs / 1e6).toFixed(1)} GFLOP/s` : "";
    const told = `${name} (${kernel}): ${formatMs(gpuMs)} ms, ${((100 * gpuMs) / total).toFixed(1)} %${rate}`;
    return `<g><title>${escapeText(told)}</title>${text(nameWidth - 8, y + 13, shorten(name), 'text-anchor="end"')}<rect class="bar" x="${nameWidth}" y="${y + 3}" width="${number(width)}" height="${rowHeight - 6}" rx="2"/>${text(nameWidth + width + 6, y + 13, formatMs(gpuMs), 'class="quiet"')}</g>`;
  });
  const label = `GPU time of each layer of ${title}, ${layers.length} in all, ${formatMs(total)} ms together`;
  return svg({ width: chartWidth, height: Math.max(1, layers.length) * rowHeight, label }, rows);
}

/** The end of a layer's name tells more than its beginning. */
function shorten(name: string): string {
  return name.length <= 38 ? name : `…${name.slice(-37)}`;
}

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly end: number;
}

/** Position of a value on a logarithmic axis. */
export function place(value: number, { from, to, start, end }: Axis): number {
  const share = (Math.log10(value) - Math.log10(from)) / (Math.log10(to) - Math.log10(from));
  return start + Math.min(1, Math.max(0, share)) * (end - start);
}

/** Powers of ten that surround the values. */
export function decades(values: readonly number[]): { from: number; to: number; ticks: readonly number[] } {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const low = Math.floor(Math.log10(Math.min(...positive, 1)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive, 1)) - 1e-9));
  return { from: 10 ** low, to: 10 ** high, ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)) };
}

const tickLabel = (value: number): string => (value >= 1 ? String(Math.round(value)) : String(Number(value.toPrecision(1))));

/** Each layer's arithmetic rate over its intensity, below what the device does at best. */
export function roofline(title: string, dispatches: readonly LayerTime[], ceilings: Ceilings | undefined): string {
  const points = mergeDispatches(dispatches)
    .filter(({ macs, bytes, gpuMs }) => macs > 0 && bytes > 0 && gpuMs > 0)
    .map((layer) => ({ ...layer, intensity: (2 * layer.macs) / layer.bytes, rate: (2 * layer.macs) / layer.gpuMs / 1e6 }));
  const height = 380;
  const peak = ceilings ? ceilings.flops / 1e9 : undefined;
  const bandwidth = ceilings ? ceilings.bytesPerSecond / 1e9 : undefined;
  const ridge = peak && bandwidth ? peak / bandwidth : undefined;
  const xs = decades([...points.map((p) => p.intensity), ...(ridge ? [ridge] : [])]);
  const ys = decades([...points.map((p) => p.rate), ...(peak ? [peak] : [])]);
  const x: Axis = { ...xs, start: 60, end: chartWidth - 20 };
  const y: Axis = { ...ys, start: height - 50, end: 15 };
  const grid = [
    ...xs.ticks.map(
      (t) =>
        `<path class="grid" d="M${number(place(t, x))} ${y.end}V${y.start}"/>${text(place(t, x), y.start + 18, tickLabel(t), 'text-anchor="middle" class="quiet"')}`,
    ),
    ...ys.ticks.map(
      (t) =>
        `<path class="grid" d="M${x.start} ${number(place(t, y))}H${x.end}"/>${text(x.start - 8, place(t, y) + 4, tickLabel(t), 'text-anchor="end" class="quiet"')}`,
    ),
    text((x.start + x.end) / 2, height - 8, "FLOP per byte", 'text-anchor="middle"'),
    text(14, (y.start + y.end) / 2, "GFLOP/s", `text-anchor="middle" transform="rotate(-90 14 ${(y.start + y.end) / 2})"`),
  ];
  const roof: string[] = [];
  if (peak && bandwidth && ridge) {
    const left = Math.max(xs.from, ys.from / bandwidth);
    const corner = Math.min(Math.max(ridge, left), xs.to);
    const path = `M${number(place(left, x))} ${number(place(left * bandwidth, y))}L${number(place(corner, x))} ${number(place(Math.min(peak, corner * bandwidth), y))}H${x.end}`;
    roof.push(`<path class="roof" d="${path}"/>`, text(x.end, place(peak, y) - 6, `${peak.toFixed(0)} GFLOP/s`, 'text-anchor="end"'));
  }
  const dots = points.map(({ name, kernel, intensity, rate, macs, bytes, gpuMs }) => {
    const share = ceilings ? `, ${(100 * roofShare({ macs, bytes, gpuMs }, ceilings)).toFixed(0)} % of the roof` : "";
    const told = `${name} (${kernel}): ${rate.toFixed(1)} GFLOP/s at ${intensity.toFixed(1)} FLOP per byte, ${formatMs(gpuMs)} ms${share}`;
    return `<circle class="dot" cx="${number(place(intensity, x))}" cy="${number(place(rate, y))}" r="5"><title>${escapeText(told)}</title></circle>`;
  });
  const label = `Roofline of ${title}: ${points.length} layers, arithmetic rate over intensity${peak ? `, under a roof of ${peak.toFixed(0)} GFLOP/s` : ""}`;
  return svg({ width: chartWidth, height, label }, [...grid, ...roof, ...dots]);
}

/** How many times as long as Convcam each peer takes, one row per case, on a logarithmic axis. Left of the line Convcam is slower. */
export function ratioDots(results: readonly BenchResult[]): string {
  const cases = casesOf(results);
  const peers = engineNames.filter((engine) => engine !== "convcam" && results.some((result) => result.engine === engine));
  const rows = cases.map((name) => ({ name, ratios: peers.map((peer) => ({ peer, ratio: ratioOf(results, name, peer) })) }));
  const all = rows.flatMap(({ ratios }) => ratios.flatMap(({ ratio }) => ratio ?? []));
  const scale = decades(all);
  const top = 26;
  const bottom = top + rows.length * 24;
  const x: Axis = { ...scale, start: nameWidth, end: chartWidth - 20 };
  const grid = scale.ticks.map(
    (t) =>
      `<path class="${t === 1 ? "line" : "grid"}" d="M${number(place(t, x))} ${top}V${bottom}"/>${text(place(t, x), bottom + 18, `${tickLabel(t)}×`, 'text-anchor="middle" class="quiet"')}`,
  );
  const legend = peers.map(
    (peer, i) => `<circle class="${peer}" cx="${nameWidth + i * 104}" cy="9" r="5"/>${text(nameWidth + 9 + i * 104, 13, peer)}`,
  );
  const dots = rows.flatMap(({ name, ratios }, i) => {
    const y = top + i * 24 + 12;
    const circles = ratios.flatMap(({ peer, ratio }) =>
      ratio
        ? [
            `<circle class="${peer}" cx="${number(place(ratio, x))}" cy="${y}" r="5"><title>${escapeText(`${name}: ${peer} takes ${formatRatio(ratio)} Convcam's time`)}</title></circle>`,
          ]
        : [],
    );
    return [
      text(nameWidth - 12, y + 4, shorten(name), 'text-anchor="end"'),
      `<path class="grid" d="M${x.start} ${y}H${x.end}"/>`,
      ...circles,
    ];
  });
  const label = `Times of ${peers.join(", ")} as multiples of Convcam's in ${cases.length} cases`;
  return svg({ width: chartWidth, height: bottom + 26, label }, [...legend, ...grid, ...dots]);
}

// Layers and looks that people know from elsewhere, each a set of attributes that stand in the address. Pure.
import type { DrawableLayer } from "../layers.ts";
import type { OverviewNode } from "../overview/condense.ts";
import { mapsOfLayer } from "./place.ts";

/** The attributes that make up a look. */
export const lookNames = ["view", "layer", "layers", "columns", "colormap", "gamma", "normalize", "gap", "page-size", "order"] as const;

/** What is not named goes back to its default. */
export type Look = Partial<Readonly<Record<(typeof lookNames)[number], string>>>;

export interface Preset {
  readonly title: string;
  /** What it shows, in a few words. */
  readonly shows: string;
  readonly about: string;
  readonly look: Look;
}

/** A node of the overview that can be drawn as maps, and how many channels it has. */
interface Drawable extends OverviewNode {
  readonly channels: number;
  readonly places: string;
}

/** Maps of a block, layers of a figure, tiles of a row. */
const articleMaps = 8;
const figureLayers = 8;
const figureColumns = 16;

/** Those that a network has layers for. */
export function presetsOf(nodes: readonly OverviewNode[], layers: readonly DrawableLayer[]): readonly Preset[] {
  const drawable = drawableNodes(nodes, layers);
  const convolutions = drawable.filter(({ operators }) => operators.some((operator) => /^Conv$|^FusedConv$/.test(operator)));
  const last = convolutions.at(-1);
  if (!last) return [];
  const blocks = new Map<string, Drawable>();
  for (const node of convolutions) if (!blocks.has(node.places)) blocks.set(node.places, node);
  const firstMaps = Array.from(blocks.values(), ({ id, channels }) => `${id}[0-${Math.min(articleMaps, channels) - 1}]`);
  return [
    {
      title: "VGG article",
      shows: "eight maps of each block",
      about:
        "The first eight maps of the first convolution of each block, as in articles about VGG: what deeper layers still show of the picture",
      look: { view: "overview", layers: firstMaps.join(","), columns: `${articleMaps}`, colormap: "viridis", normalize: "channel" },
    },
    {
      title: "Chollet",
      shows: "all maps of the first layers",
      about: "All maps of the first layers, 16 in a row, each channel by its own mean and deviation, as in Deep Learning with Python",
      look: {
        view: "overview",
        layers: drawable
          .slice(0, figureLayers)
          .map(({ id }) => id)
          .join(","),
        columns: `${figureColumns}`,
        colormap: "viridis",
        normalize: "chollet",
      },
    },
    {
      title: "Convcam",
      shows: "the last convolution, in grey",
      about: "The last convolution as one grey mosaic, bright where it is active, as the first Convcam drew it over a game",
      look: { view: "layer", layer: last.id, "page-size": "all", colormap: "gray", normalize: "layer", gap: "0" },
    },
  ];
}

/** Layers with rows and columns, by depth. A list of them has commas, so a name with one is left out. */
function drawableNodes(nodes: readonly OverviewNode[], layers: readonly DrawableLayer[]): readonly Drawable[] {
  const byName = new Map(layers.map((layer) => [layer.value, layer]));
  return nodes.flatMap((node) => {
    const layer = byName.get(node.id);
    if (!layer || node.role === "input" || node.id.includes(",")) return [];
    const { channels, height, width } = mapsOfLayer(layer);
    return height > 1 && width > 1 ? [{ ...node, channels, places: `${height} ${width}` }] : [];
  });
}

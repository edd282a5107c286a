// Which thumbnails an overview has, and where.
import type { DrawableLayer } from "../layers.ts";
import type { Item } from "../overview/blocks.ts";
import type { OverviewLayout } from "../overview/layout.ts";
import { shownValue, thumbnailSide } from "./band-nodes.ts";
import type { Thumbnail } from "./sheets.ts";

/** What thumbnails may keep on the GPU that would else share its memory. */
const mostBytes = 256e6;

/**
 * In the order of the network, but for those that memory does not allow any more.
 *
 * @param layers the values that can be drawn
 * @param picture the network's image input
 */
export function thumbnailsOf(
  shown: readonly Item[],
  { boxes }: OverviewLayout,
  layers: ReadonlyMap<string, DrawableLayer>,
  picture: string | undefined,
): readonly Thumbnail[] {
  let bytes = 0;
  return shown.flatMap((item) => {
    const [value, box] = [shownValue(item), boxes.get(item.id)];
    const layer = layers.get(value);
    if (!layer || !box) return [];
    const own = layer.shape.reduce((product, extent) => product * extent, 4);
    if (bytes + own > mostBytes) return [];
    bytes += own;
    return [{ value, isPicture: value === picture, x: box.x + (box.width - thumbnailSide) / 2, y: box.y + 2, side: thumbnailSide }];
  });
}

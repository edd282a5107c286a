// Which thumbnails an overview has, and where.
import type { DrawableLayer } from "../layers.ts";
import type { Item } from "../overview/blocks.ts";
import type { OverviewLayout } from "../overview/layout.ts";
import { shownValue, thumbnailSide } from "./band-nodes.ts";
import type { Thumbnail } from "./sheets.ts";

/** What thumbnails may keep on the GPU that would else share its memory. */
const mostBytes = 256e6;

/**
 * In the order of the network. Where memory does not allow all, the smallest have one, so that as many as possible do.
 *
 * @param layers the values that can be drawn
 * @param picture the network's image input
 * @returns besides, the ids of those that are left out
 */
export function thumbnailsOf(
  shown: readonly Item[],
  { boxes }: Pick<OverviewLayout, "boxes">,
  layers: ReadonlyMap<string, DrawableLayer>,
  picture: string | undefined,
): { readonly thumbnails: readonly Thumbnail[]; readonly left: ReadonlySet<string> } {
  const drawable = shown.flatMap((item) => {
    const [value, box] = [shownValue(item), boxes.get(item.id)];
    const layer = layers.get(value);
    if (!layer || !box) return [];
    const thumbnail = {
      value,
      isPicture: value === picture,
      x: box.x + (box.width - thumbnailSide) / 2,
      y: box.y + 2,
      side: thumbnailSide,
    };
    return [{ id: item.id, bytes: layer.shape.reduce((product, extent) => product * extent, 4), thumbnail }];
  });
  let bytes = 0;
  const left = new Set(
    drawable
      .toSorted((one, other) => one.bytes - other.bytes)
      .filter((one) => {
        bytes += one.bytes;
        return bytes > mostBytes;
      })
      .map(({ id }) => id),
  );
  return { thumbnails: drawable.filter(({ id }) => !left.has(id)).map(({ thumbnail }) => thumbnail), left };
}

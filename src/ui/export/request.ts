// What is asked for of pictures to keep.
import type { Appearance } from "../views/view.ts";

/** What is seen on a page and only that knows. */
export interface SeenOnPage {
  /** How much of a channel's map is seen over the picture, from 0 to 1. */
  readonly mapOverlay?: number | undefined;
  /** What stands above an explanation. */
  readonly why?: string | undefined;
}

/** A picture of a video. */
export interface FrameWish extends SeenOnPage {
  /** Whether ranges are left as they are, because another one was taken a moment ago. */
  readonly keepsRanges?: boolean | undefined;
}

export interface PictureWish extends SeenOnPage {
  /** Values, shown or not; all that are shown where absent, with the explanation. */
  readonly values?: readonly string[] | undefined;
  /** Whether a single mosaic stands on a sheet with its name, too. */
  readonly isSheet?: boolean | undefined;
  /** How values are drawn that are not shown. */
  readonly appearance?: Appearance | undefined;
}

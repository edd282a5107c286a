// What seldom sources need, in one file: loaded with the first one that moves by itself, the first large picture, or the first array.
export { openArray } from "./arrays/open.ts";
export { openLive } from "./live-sources.ts";
export { shrinkPicture } from "./shrink-picture.ts";

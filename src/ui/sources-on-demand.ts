// What seldom sources need, in one file: loaded with the first one that moves by itself, or the first large picture.
export { openLive } from "./live-sources.ts";
export { shrinkPicture } from "./shrink-picture.ts";

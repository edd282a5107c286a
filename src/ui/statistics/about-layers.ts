// What the session needs to answer about layers, as one part to load.
export { readLayerNumbers } from "./layer-numbers.ts";
export { boundsOf } from "./saturation.ts";

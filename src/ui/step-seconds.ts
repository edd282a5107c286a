/** Seconds that a step moves a video by: one frame at 25 per second. */
export const stepSeconds = 0.04;

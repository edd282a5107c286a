// The words of the controls, in one place.

export const words = {
  controls: "Controls",
  play: "Play",
  pause: "Pause",
  step: "Step",
  picture: "Picture…",
  camera: "Camera",
  colors: "Colours",
  range: "Range",
  brightness: "Brightness",
  fullscreen: "Full screen",
  window: "Leave full screen",
  /** Of the values of attributes, where their names do not say it. */
  values: {
    auto: "automatic",
    gray: "grey",
    diverging: "below and above zero",
    robust: "robust",
    layer: "whole layer",
    channel: "each channel",
    "channel-robust": "each channel, robust",
    chollet: "as Chollet",
  } as Readonly<Record<string, string>>,
} as const;

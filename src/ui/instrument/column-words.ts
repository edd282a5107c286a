// The words of the table's columns.

/** By column of the table: its head, what that means where it needs saying, and whether it is of numbers. */
export const columnWords = {
  name: { title: "Name", about: "", isNumber: false },
  operator: { title: "Layer", about: "", isNumber: false },
  shape: { title: "Shape", about: "Channels, rows and columns of its output", isNumber: true },
  parameterCount: { title: "Parameters", about: "Numbers that it has learned", isNumber: true },
  macs: { title: "Multiply-adds", about: "For one picture", isNumber: true },
  share: { title: "Share", about: "Of the network's multiply-adds", isNumber: true },
  ms: { title: "ms", about: "Measured here", isNumber: true },
  timeShare: { title: "Of time", about: "Share of the time of all layers", isNumber: true },
  gflops: { title: "GFLOP/s", about: "10⁹ operations a second; a multiply-add is two", isNumber: true },
  silent: { title: "Silent", about: "Channels that are 0 everywhere, for the picture that is shown", isNumber: true },
} as const;

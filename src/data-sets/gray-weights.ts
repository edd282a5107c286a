/** Weights of red, green and blue in a gray value (ITU-R BT.601, as Pillow and OpenCV use). */
export const grayWeights = [0.299, 0.587, 0.114] as const;

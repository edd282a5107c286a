// Work that is done once however often it is asked for, such as loading a part of the page. What has failed is tried again the next time.

/** Whoever asks first gives the arguments that count. */
export function once<Arguments extends readonly unknown[], Result>(
  work: (...given: Arguments) => Promise<Result>,
): (...given: Arguments) => Promise<Result> {
  let doing: Promise<Result> | undefined;
  return (...given) => {
    doing ??= work(...given).catch((error) => {
      doing = undefined;
      throw error;
    });
    return doing;
  };
}

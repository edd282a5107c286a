// Output of the command: files that are written whole or not at all, and a terminal or pipe that may close before the command ends.
import { randomUUID } from "node:crypto";
import { access, constants, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file. The bytes go to a temporary file beside it, which is then renamed, so that a full disk leaves no half-written file. Anything
 * that is not an ordinary file, such as /dev/stdout, is written directly. "-" is standard output.
 *
 * @throws Error in one line that names the path, with the code of the system's
 */
export async function writeOutput(path: string, data: string | Uint8Array): Promise<void> {
  if (path === "-") return void (await new Promise<unknown>((resolve) => process.stdout.write(data, resolve)));
  const before = await stat(path).catch(() => undefined);
  try {
    if (before && !before.isFile()) await writeFile(path, data);
    else await writeWhole(before ? await realpath(path) : path, data);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const known = { ENOENT: `there is no folder '${dirname(path)}'`, EISDIR: "it is a folder" };
    const reason = known[code as keyof typeof known] ?? message.replace(/, \w+ '.*/, "");
    throw Object.assign(new Error(`'${path}' could not be written: ${reason}.`), { code });
  }
}

/**
 * Refuses a path that {@link writeOutput} would refuse, before hours of work.
 *
 * @throws Error in one line that names the path
 */
export async function checkOutput(path: string): Promise<void> {
  if (path === "-") return;
  const before = await stat(path).catch(() => undefined);
  const folder = dirname(before?.isFile() ? await realpath(path) : path);
  const isFolder = (await stat(folder).catch(() => undefined))?.isDirectory();
  const why = before?.isDirectory()
    ? "it is a folder"
    : !isFolder
      ? `there is no folder '${folder}'`
      : await access(folder, constants.W_OK).then(
          () => undefined,
          () => `nothing may be written into '${folder}'`,
        );
  if (why !== undefined && !(before && !before.isFile() && !before.isDirectory()))
    throw Object.assign(new Error(`'${path}' could not be written: ${why}.`), { code: "ENOENT" });
}

async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(temporary, data, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Sends messages to standard error, where standard output is a file that is written. @returns sends them where they went before */
export function giveWay(): () => void {
  const { log } = console;
  console.log = (...parts: unknown[]) => console.error(...parts);
  return () => {
    console.log = log;
  };
}

/** On a terminal alone: how much is done, in a line that goes with the last. */
export function showProgress(done: number, total: number): void {
  if (total > 1 && process.stderr.isTTY) process.stderr.write(done < total ? `${done}/${total} \r` : "\u001b[K");
}

/** For work whose result is a file: it goes on where its messages cannot be written, and fails at its end unless their reader is gone. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners("error");
  listen(() => {});
}

/**
 * Ends the command silently when the reader of its output is gone, such as `head` after its last line. Any other failure to
 * write, such as a full disk, makes the command fail.
 */
export function watchOutput(): void {
  listen(() => process.exit());
}

function listen(onReaderGone: () => void): void {
  let isSaid = false;
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      if (code === "EPIPE") return onReaderGone();
      process.exitCode = 1;
      if (stream === process.stdout && !isSaid) console.error(`convcam: the output could not be written: ${message}`);
      isSaid ||= stream === process.stdout;
    });
}

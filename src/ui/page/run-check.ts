// Begins a check in a worker of its own, and brings the style of what shows checks.
import { adoptStyles } from "../style-sheet.ts";
import styles from "./check.css?inline";
import type { CheckEvent, CheckRequest } from "./check-messages.ts";

// Once, however many checks there are.
adoptStyles(document, styles);

/** @returns what ends it, whatever it is doing */
export function runCheck(request: CheckRequest, onEvent: (event: CheckEvent) => void): () => void {
  const worker = new Worker(new URL("./check-worker.ts", import.meta.url), { type: "module" });
  const end = () => worker.terminate();
  worker.addEventListener("message", ({ data }: MessageEvent<CheckEvent>) => {
    if (data.event === "end" || data.event === "failed") end();
    onEvent(data);
  });
  worker.addEventListener("error", ({ message }) => {
    end();
    onEvent({ event: "failed", message: message || "What checks could not be loaded. Check the connection and reload the page." });
  });
  worker.postMessage(request);
  return end;
}

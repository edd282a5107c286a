// Under a camera's picture: which camera, whether its preview is mirrored, and a button that stops it.
import type { ConvCam } from "../element.ts";
import { find, listen } from "./listen.ts";

/**
 * Shows the controls while a camera is on, and after it was stopped here.
 *
 * @param show has the network look at a camera, or at the last picture of one
 */
export function offerCameraControls(viewer: ConvCam, show: (source: string | HTMLCanvasElement) => void): void {
  const [box, devices, stop] = [find("camera-controls"), find<HTMLSelectElement>("camera-device"), find("camera-stop")];
  const mirror = find<HTMLInputElement>("camera-mirror");
  /** What is kept of a camera that was stopped. */
  let still: HTMLCanvasElement | undefined;
  const reflect = () => find("preview").classList.toggle("mirrored", mirror.checked && !box.hidden);
  viewer.addEventListener("input", () => {
    const { picture, input } = viewer;
    const stream = picture instanceof HTMLVideoElement ? picture.srcObject : null;
    box.hidden = !(stream instanceof MediaStream) && (still === undefined || input !== still);
    stop.textContent = stream ? "Stop" : "Start";
    if (stream instanceof MediaStream) void listDevices(devices, stream);
    reflect();
  });
  navigator.mediaDevices?.addEventListener("devicechange", () => {
    const { picture } = viewer;
    const stream = picture instanceof HTMLVideoElement ? picture.srcObject : null;
    if (stream instanceof MediaStream) void listDevices(devices, stream);
  });
  // A camera that was unplugged is started again, not stopped.
  listen(viewer, "error", ({ part }) => {
    if (part === "input") stop.textContent = "Start";
  });
  mirror.addEventListener("change", reflect);
  devices.addEventListener("change", () => show(`camera:${devices.value}`));
  stop.addEventListener("click", () => {
    const { picture } = viewer;
    if (picture instanceof HTMLVideoElement) {
      still = Object.assign(document.createElement("canvas"), { width: picture.videoWidth, height: picture.videoHeight });
      still.getContext("2d")?.drawImage(picture, 0, 0);
      show(still);
    } else show(devices.value ? `camera:${devices.value}` : "camera");
  });
}

/** Names are told to those who may use a camera. */
async function listDevices(select: HTMLSelectElement, stream: MediaStream): Promise<void> {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const cameras = all.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
  select.replaceChildren(...cameras.map(({ label, deviceId }, i) => new Option(label || `Camera ${i + 1}`, deviceId)));
  select.value = stream.getVideoTracks()[0]?.getSettings().deviceId ?? "";
  select.disabled = cameras.length < 2;
}

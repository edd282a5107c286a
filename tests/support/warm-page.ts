// `warmPage` for browser tests: a new page whose GPU device is that of the pages before it, with all pipelines that these compiled, and on the
// site also the worker that has one. Compiling takes SwiftShader seconds for every page. A test takes `page` if it counts devices, workers or
// pipelines, loses the device or is about a first visit.
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { borrowWorker, keeper, lendWorker } from "./warm-worker.ts";

interface Warm {
  readonly context: BrowserContext;
  /** Stays open, and holds the device: pages that it opens run in its process and may use its objects. */
  readonly host: Page;
}

export const test = base.extend<{ warmPage: Page }, { warm: Warm }>({
  warm: [
    async ({ browser }, use, { project }) => {
      const { baseURL, storageState } = project.use;
      const context = await browser.newContext({ ...(baseURL !== undefined && { baseURL }), ...(storageState && { storageState }) });
      await context.addInitScript(borrowDevice);
      await context.addInitScript(borrowWorker);
      const host = await context.newPage();
      await host.route("**/warm-host.html", (route) => route.fulfill({ contentType: "text/html", body: "<title>GPU</title>" }));
      await host.goto("/warm-host.html");
      await host.evaluate(lendDevice);
      await host.evaluate(lendWorker, keeper);
      await use({ context, host });
      await context.close();
    },
    { scope: "worker" },
  ],
  warmPage: async ({ warm: { context, host } }, use) => {
    const opened = context.waitForEvent("page");
    await host.evaluate(() => void window.open("about:blank"));
    const page = await opened;
    // What nobody caught in a worker is told to the page that started it, which is the host.
    const uncaught: string[] = [];
    const note = ({ message }: Error) => uncaught.push(message);
    host.on("pageerror", note);
    await use(page);
    host.off("pageerror", note);
    await page.close();
    expect(uncaught, "uncaught in the worker").toEqual([]);
  },
});

interface Lender {
  lend?: (options?: GPURequestAdapterOptions) => Promise<GPUAdapter>;
}

/** In a page that the host opened: its device instead of a new one. */
function borrowDevice(): void {
  const lender = window.opener as (Window & Lender) | null;
  if (!lender?.lend) return;
  const lend = lender.lend;
  Object.defineProperty(GPU.prototype, "requestAdapter", { value: lend });
}

/** In the host: makes `lend`, which gives an adapter with one device for all pages. */
function lendDevice(): void {
  const codes = new Map<GPUShaderModule, string>();
  const modules = new Map<string, GPUShaderModule>();
  const pipelines = new Map<string, Promise<unknown>>();
  const listeners: [string, EventListener][] = [];
  let device: Promise<GPUDevice> | undefined;

  /** Has `call` answer once for all descriptors that are the same. */
  const once = (real: GPUDevice, call: "createComputePipelineAsync" | "createRenderPipelineAsync"): void => {
    const create = real[call].bind(real) as (descriptor: unknown) => Promise<unknown>;
    const cached = (descriptor: { readonly layout: unknown }) => {
      if (descriptor.layout !== "auto") return create(descriptor);
      const key = call + JSON.stringify(descriptor, (_, value) => codes.get(value) ?? value);
      const pipeline = pipelines.get(key) ?? create(descriptor);
      pipelines.set(key, pipeline);
      pipeline.catch(() => pipelines.delete(key));
      return pipeline;
    };
    Object.assign(real, { [call]: cached });
  };

  const open = async (adapter: GPUAdapter, descriptor?: GPUDeviceDescriptor): Promise<GPUDevice> => {
    const real = await GPUAdapter.prototype.requestDevice.call(adapter, descriptor);
    once(real, "createComputePipelineAsync");
    once(real, "createRenderPipelineAsync");
    const { createShaderModule, addEventListener } = GPUDevice.prototype;
    Object.assign(real, {
      createShaderModule(given: GPUShaderModuleDescriptor) {
        const module = modules.get(given.code) ?? createShaderModule.call(real, given);
        modules.set(given.code, module);
        codes.set(module, given.code);
        return module;
      },
      addEventListener(type: string, listener: EventListener) {
        listeners.push([type, listener]);
        addEventListener.call(real, type, listener);
      },
      destroy() {},
    });
    return real;
  };

  Object.assign(window, {
    async lend(options?: GPURequestAdapterOptions) {
      // The page before is closed.
      for (const [type, listener] of listeners.splice(0)) (await device)?.removeEventListener(type, listener);
      const adapter = (await navigator.gpu.requestAdapter(options)) as GPUAdapter;
      const requestDevice = (descriptor?: GPUDeviceDescriptor) => {
        device ??= open(adapter, descriptor);
        return device;
      };
      return Object.defineProperty(adapter, "requestDevice", { value: requestDevice });
    },
  } satisfies Lender);
}

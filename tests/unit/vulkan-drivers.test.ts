// Which Vulkan drivers the command tries before SwiftShader.
import { expect, it } from "vitest";
import { usableDrivers } from "../../src/cli/vulkan-drivers.ts";

const intel = { name: "intel_icd.x86_64.json", apiVersion: "1.3.230" };
const own = { name: "vk_swiftshader_icd.json", apiVersion: "1.0.5" };
const old = { name: "lvp_icd.x86_64.json", apiVersion: "1.1.230" };
const recent = { name: "lvp_icd.json", apiVersion: "1.4.305" };

it.each([
  ["a graphics card's driver where there is a card", [intel, old], true, [intel]],
  ["no graphics card's driver where there is none", [intel, old], false, []],
  ["llvmpipe from Mesa 23.1 on", [intel, recent], false, [recent]],
  ["a driver that somebody installed", [own, old], false, [own]],
])("%s", (_, drivers, hasGraphicsCard, expected) => {
  expect(usableDrivers(drivers, hasGraphicsCard)).toEqual(expected);
});

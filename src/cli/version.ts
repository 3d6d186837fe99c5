import { existsSync, readFileSync } from "node:fs";

/** @returns the version in package.json, which lies beside `src` in a checkout and beside `dist` in a package. */
export function packageVersion(): string {
  const places = ["../../package.json", "../../../package.json"];
  const file = places.map((place) => new URL(place, import.meta.url)).find(existsSync);
  if (file === undefined) return "unknown";
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { readonly version: string };
  return version;
}

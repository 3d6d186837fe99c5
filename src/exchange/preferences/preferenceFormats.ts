import { llamaFactoryFormat } from "./llamaFactory.ts";
import type { PreferenceFormat } from "./preferencePair.ts";
import { swiftFormat } from "./swift.ts";
import { trlFormat } from "./trl.ts";

/** Every trainer that preferences can be exported for. */
export const preferenceFormats: readonly PreferenceFormat[] = [
  llamaFactoryFormat,
  swiftFormat,
  trlFormat,
];

import { isDreamlogError } from "../../core/errors.ts";
import { readChoices } from "../../remote/chat.ts";

/** The texts of a response; none where there is no response or it is not one. */
export function answerTexts(body: string | null): readonly string[] {
  if (body === null) return [];
  try {
    return readChoices(body).map(({ text }) => text);
  } catch (error) {
    if (!isDreamlogError(error, "ANSWER_INVALID")) throw error;
    return [];
  }
}

/** The last JSON object in a text, whatever stands around it; undefined when there is none. */
export function lastObject(text: string): Readonly<Record<string, unknown>> | undefined {
  for (const candidate of [...(text.match(/\{[^{}]*\}/g) ?? [])].reverse()) {
    try {
      return JSON.parse(candidate) as Readonly<Record<string, unknown>>;
    } catch {
      // Braces in prose are no object: an earlier pair may be.
    }
  }
  return undefined;
}

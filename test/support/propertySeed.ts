import { configureGlobal } from "fast-check";

/*
 * One seed for every property, so that a run of the tests says the same twice. PROPERTY_SEED=random
 * searches anew, PROPERTY_SEED=<integer> goes back to what a search found.
 */
const asked = process.env["PROPERTY_SEED"] ?? "20260101";
if (asked !== "random") configureGlobal({ seed: Number(asked) });

// What the examples say is run as a test.
import "../../examples/plannerRegression.test.ts";

import { isDreamlogError } from "../core/errors.ts";
import { groundAction } from "../planning/groundAction.ts";
import { createOraclePlanner, type OracleSearch } from "../planning/oraclePlanner.ts";
import { compilePrimitive } from "../planning/primitive.ts";
import type { Planner } from "../ports/planner.ts";
import type { ArmKinematics } from "../robot/armKinematics.ts";
import type { SimulatedCell } from "../sim/simulatedCell.ts";

/**
 * The planner that tries actions in the simulated cell. It puts the cell at the start that the
 * request's seed names, so the answer does not depend on what the cell did before.
 */
export function createSimulatorOracle(options: {
  readonly environment: Pick<SimulatedCell, "reset" | "imagine">;
  readonly kinematics: ArmKinematics;
  readonly search: OracleSearch;
}): Planner {
  const { environment, kinematics, search } = options;
  const oracle = createOraclePlanner({
    search,
    evaluate(action, { camera, current, goal }) {
      try {
        const primitive = compilePrimitive(
          kinematics,
          groundAction(action, { camera, current, goal }),
        );
        return Promise.resolve(environment.imagine(kinematics.handPathOf(primitive)).errorM);
      } catch (error) {
        if (isDreamlogError(error, "ACTION_REFUSED")) return Promise.resolve(Infinity);
        throw error;
      }
    },
  });
  return {
    producer: oracle.producer,
    async propose(request) {
      await environment.reset({ task: request.task, seed: request.seed });
      return oracle.propose(request);
    },
  };
}

import { invariant } from "../core/errors.ts";
import { frozenWeightsName } from "../inference/checkpointFile.ts";
import { loadOnnxSession, type NamedTensors } from "../inference/onnxSession.ts";
import { defaultAdamSettings, type AdamSettings } from "./graph/adam.ts";
import type { Graph, Value } from "./graph/graph.ts";
import { encodeTrainingModel, weightCount } from "./model.ts";

/** What one step says about itself, before its weights changed. */
export interface StepReport {
  readonly loss: number;
  /** Euclidean norm of the whole gradient before clipping. */
  readonly gradientNorm: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** A graph under training. Each step blocks the event loop: long trainings run in a worker thread. */
export interface Trainer {
  readonly stepCount: number;
  /**
   * One step of Adam.
   *
   * @param feeds - one array for each input of the graph.
   * @throws {DreamlogError} `ARGUMENT_INVALID` for a missing input or an array of the wrong length.
   */
  step(feeds: NamedTensors, learningRate: number): Promise<StepReport>;
  /** A copy of the flat weights. */
  weights(): Float32Array;
  /** A copy of the moving average of the flat weights. */
  averagedWeights(): Float32Array;
  /** Starts over from these weights: step 0, no momentum. */
  restart(weights: Float32Array): void;
  release(): Promise<void>;
}

/** Weights, both of Adam's means, and the average: written by one step, read by the next. */
type State = Record<(typeof stateNames)[number], Float32Array>;
const stateNames = ["weights", "mean", "variance", "average"] as const;

/**
 * @param options.loss - shape [1].
 * @param options.metrics - shape [1] each; evaluated and reported at every step.
 * @param options.weights - flat, of `graph.trainedParameters`; copied.
 * @param options.frozenWeights - flat, of `graph.frozenParameters`, where it has any.
 * @param options.adam - what is left out is `defaultAdamSettings`.
 * @param options.threads - threads inside one operator; the weights do not depend on it. Default 1.
 */
export async function createTrainer(options: {
  readonly graph: Graph;
  readonly loss: Value;
  readonly metrics?: Readonly<Record<string, Value>>;
  readonly weights: Float32Array;
  readonly frozenWeights?: Float32Array;
  readonly adam?: Partial<AdamSettings>;
  readonly threads?: number;
}): Promise<Trainer> {
  const { graph, loss, metrics = {}, weights, frozenWeights } = options;
  const adam = { ...defaultAdamSettings, ...options.adam };
  const count = weightCount(graph.trainedParameters);
  invariant(weights.length === count, `${weights.length} weights for ${count} parameters`);
  const session = await loadOnnxSession({
    bytes: encodeTrainingModel({ graph, loss, metrics, adam }),
    origin: "the training graph",
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  });
  const frozen = frozenWeights === undefined ? {} : { [frozenWeightsName]: frozenWeights };
  let state = startState(weights);
  let spare = startState(weights);
  let stepCount = 0;
  let decay1 = 1;
  let decay2 = 1;

  return {
    get stepCount() {
      return stepCount;
    },
    async step(feeds, learningRate) {
      stepCount++;
      decay1 *= adam.beta1;
      decay2 *= adam.beta2;
      const results = await session.run(
        {
          ...feeds,
          ...frozen,
          ...state,
          rate: Float32Array.of(learningRate),
          meanCorrection: Float32Array.of(1 / (1 - decay1)),
          varianceCorrection: Float32Array.of(1 / (1 - decay2)),
        },
        // Written in place into the set the last step read, then the sets change roles.
        Object.fromEntries(stateNames.map((name) => [`${name}Next`, spare[name]])),
      );
      [state, spare] = [spare, state];
      const scalar = (name: string) => Number(results[name]![0]);
      return {
        loss: scalar("loss"),
        gradientNorm: scalar("gradientNorm"),
        metrics: Object.fromEntries(Object.keys(metrics).map((name) => [name, scalar(name)])),
      };
    },
    weights: () => state.weights.slice(),
    averagedWeights: () => state.average.slice(),
    restart(from) {
      state = startState(from);
      stepCount = 0;
      decay1 = 1;
      decay2 = 1;
    },
    release: () => session.release(),
  };
}

function startState(weights: Float32Array): State {
  return {
    weights: weights.slice(),
    mean: new Float32Array(weights.length),
    variance: new Float32Array(weights.length),
    average: weights.slice(),
  };
}

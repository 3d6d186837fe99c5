import type { DerivationRule } from "../../ports/derivationRule.ts";
import { chooseAction } from "./chooseAction.ts";
import { compileAction, refuseAction } from "./compileAction.ts";
import { composeJudgeQuestion } from "./composeJudgeQuestion.ts";
import { composePlanQuestion } from "./composePlanQuestion.ts";
import { composeVideoRequest } from "./composeVideoRequest.ts";
import { promptRule } from "./composePrompt.ts";
import { cropFrame } from "./cropFrame.ts";
import { drawKeypoints } from "./drawKeypoints.ts";
import { evaluateMethod } from "./evaluateMethod.ts";
import { followMask, rememberTrack, type FollowingTools } from "./followMask.ts";
import { imagineDream, type DreamingTools } from "./imagineDream.ts";
import { judgingRules, type JudgingTools } from "./judgeDreams.ts";
import { measureDreams, type MeasuringTools } from "./measureDreams.ts";
import { measureJudge } from "./measureJudge.ts";
import { observeDream, segmentCrop } from "./observeDream.ts";
import { pairRule } from "./pairPreferences.ts";
import { planRules, type PlanningTools } from "./proposeCandidates.ts";
import { readAnsweredPlan, tellUnreadablePlan } from "./readAnsweredPlan.ts";
import { countPoll, readAnsweredVerdict, tellUnreadableVerdict } from "./readAnsweredVerdict.ts";
import {
  readDreamedVideo,
  tellUnreadableVideo,
  type VideoReadingTools,
} from "./readDreamedVideo.ts";
import { readHumanAnswer, tellUnsureRater } from "./readHumanAnswer.ts";
import { renderArm, type RenderingTools } from "./renderArm.ts";
import { samplePoints } from "./samplePoints.ts";
import { scoreState } from "./scoreState.ts";
import { segmentMask, type SegmentingTools } from "./segmentMask.ts";
import { tellFailedObservation } from "./tellFailedObservation.ts";
import { trainControlBranch, type WorldModelTrainingTools } from "./trainControlBranch.ts";
import { trainPlanner, type PlannerTrainingTools } from "./trainPlanner.ts";

/** What all rules together need. */
export interface DerivationTools
  extends
    SegmentingTools,
    FollowingTools,
    PlanningTools,
    RenderingTools,
    DreamingTools,
    VideoReadingTools,
    JudgingTools,
    MeasuringTools,
    PlannerTrainingTools,
    WorldModelTrainingTools {
  // Several rules need less of it; together they need all.
  readonly media: SegmentingTools["media"];
  readonly blobs: PlannerTrainingTools["blobs"];
}

/** How everything that is derived is derived. */
export const derivationRules: readonly DerivationRule<DerivationTools>[] = [
  segmentMask,
  followMask,
  rememberTrack,
  samplePoints,
  tellFailedObservation(segmentMask),
  tellFailedObservation(followMask),
  tellFailedObservation(samplePoints),
  cropFrame,
  promptRule,
  ...planRules,
  drawKeypoints,
  composePlanQuestion,
  readAnsweredPlan,
  tellUnreadablePlan,
  chooseAction,
  compileAction,
  refuseAction,
  renderArm,
  imagineDream,
  composeVideoRequest,
  readDreamedVideo,
  tellUnreadableVideo,
  observeDream,
  segmentCrop,
  ...judgingRules,
  composeJudgeQuestion,
  readAnsweredVerdict,
  tellUnreadableVerdict,
  countPoll,
  readHumanAnswer,
  tellUnsureRater,
  pairRule,
  trainPlanner,
  trainControlBranch,
  scoreState,
  evaluateMethod,
  measureJudge,
  measureDreams,
];

const byName = new Map(
  derivationRules.map((rule) => [nameOf(rule.definition.type, rule.component), rule]),
);

function nameOf(type: string, component: string): string {
  return `${type} by ${component}`;
}

export function ruleOf(
  type: string,
  component: string,
): DerivationRule<DerivationTools> | undefined {
  return byName.get(nameOf(type, component));
}
